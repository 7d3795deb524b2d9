package import HTTPTypes

extension HTTPFields {
    /// The value of a field that is sent once; repeated ones are combined (RFC 9110 section 5.3). The same as the subscript
    /// by name, without building a list for the one value that nearly every field has.
    package func value(_ name: HTTPField.Name) -> String? {
        var found: String?
        for field in self where field.name == name {
            if found != nil { return self[name] }
            found = field.value
        }
        return found
    }
}
