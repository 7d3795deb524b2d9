/// The shape of a value: enough to see what is wrong with it, and not the value. Letters become `a` or `A`, digits `9`,
/// every other character stays: `ada@example.com` is `aaa@aaaaaaa.aaa`, `+1 212 555` is `+9 999 999`.
package enum ValueShape {
    package static let charactersMax = 60

    /// The shape of a text, cut to `charactersMax` characters.
    package static func of(_ text: String) -> String {
        var shape = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < charactersMax else { return shape + "…" }
            count += 1
            let properties = scalar.properties
            if properties.isUppercase {
                shape.append("A")
            } else if properties.isAlphabetic {
                shape.append("a")
            } else if properties.numericType != nil {
                shape.append("9")
            } else if properties.isWhitespace || properties.generalCategory == .control {
                shape.append(" ")
            } else {
                shape.unicodeScalars.append(scalar)
            }
        }
        return shape
    }
}
