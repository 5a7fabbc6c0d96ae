/// The commands about the session itself; each is declared in its own file.
enum GeneralCommands {
  static let all: [CommandDeclaration] = [
    .help, .print, .warn, .describe, .edit, .list, .forget, .clear, .sleep, .ask, .save, .export, .include,
    .recover, .version,
  ]
}
