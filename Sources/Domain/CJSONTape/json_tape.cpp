// A C face on simdjson's DOM parser. We hand out its tape (documented in simdjson's doc/tape.md) because walking it from
// Swift costs no allocation for any value; the tests hold the layout we rely on.
#include "json_tape.h"
#include <new>
#include <simdjson.h>

struct daybook_json_parser {
    simdjson::dom::parser parser;
    size_t max_depth;
};

static_assert(sizeof(uint64_t) == 8, "the tape is made of 64-bit words");

size_t daybook_json_padding(void) { return simdjson::SIMDJSON_PADDING; }

daybook_json_parser *daybook_json_parser_create(size_t max_depth) {
    auto *parser = new (std::nothrow) daybook_json_parser();
    if (parser == nullptr) return nullptr;
    parser->max_depth = max_depth;
    if (parser->parser.allocate(4096, max_depth) != simdjson::SUCCESS) {
        delete parser;
        return nullptr;
    }
    return parser;
}

void daybook_json_parser_destroy(daybook_json_parser *parser) { delete parser; }

int daybook_json_parse(daybook_json_parser *parser, const char *bytes, size_t length, int padded, daybook_json_tape *out) {
    if (parser->parser.capacity() < length) {
        // `parse` would grow the parser with simdjson's default depth; growing it here keeps our bound.
        auto error = parser->parser.allocate(length + length / 2, parser->max_depth);
        if (error != simdjson::SUCCESS) return int(error);
    }
    simdjson::dom::element root;
    auto error = parser->parser.parse(reinterpret_cast<const uint8_t *>(bytes), length, padded == 0).get(root);
    if (error != simdjson::SUCCESS) return int(error);
    const auto &document = parser->parser.doc;
    out->tape = document.tape.get();
    out->tape_length = size_t(document.tape[0] & 0x00FFFFFFFFFFFFFFULL);
    out->strings = document.string_buf.get();
    return 0;
}

const char *daybook_json_error_message(int code) {
    return simdjson::error_message(simdjson::error_code(code));
}

int daybook_json_is_number_error(int code) {
    return code == int(simdjson::NUMBER_ERROR);
}
