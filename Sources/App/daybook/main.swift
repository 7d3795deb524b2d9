import Events
print(ErrorCatalogue.json(), terminator: "")
