#ifndef DAYBOOK_JSON_TAPE_H
#define DAYBOOK_JSON_TAPE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// A reusable JSON parser: strict RFC 8259, UTF-8 checked, depth bounded. Not safe for concurrent use.
typedef struct daybook_json_parser daybook_json_parser;

/// What one parse produced. The pointers stay valid until the next parse with the same parser.
typedef struct {
    const uint64_t *tape;          ///< simdjson's tape: high 8 bits the type, low 56 bits the payload.
    size_t tape_length;            ///< words on the tape.
    const unsigned char *strings;  ///< string buffer: at a string's payload, a 32-bit length, then its bytes.
} daybook_json_tape;

/// The bytes that must be readable (any content) behind the end of the text given to `daybook_json_parse`.
size_t daybook_json_padding(void);

daybook_json_parser *daybook_json_parser_create(size_t max_depth);
void daybook_json_parser_destroy(daybook_json_parser *parser);

/// Parses `length` bytes. `padded` says that `daybook_json_padding()` more bytes are readable; otherwise they are copied.
/// Returns 0, or simdjson's error code (`daybook_json_error_message` names it).
int daybook_json_parse(daybook_json_parser *parser, const char *bytes, size_t length, int padded, daybook_json_tape *out);

const char *daybook_json_error_message(int code);

/// Whether the code says that a number is malformed or too large.
int daybook_json_is_number_error(int code);

#ifdef __cplusplus
}
#endif
#endif
