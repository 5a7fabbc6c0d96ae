extension CommandTable {
  /// All commands of the program; a new group is one line here.
  static let standard = CommandTable(
    GeneralCommands.all + DataCommands.all + DemoCommands.all + TeacherCommands.all + StudentCommands.all
      + PredictorCommands.all
      + MeasuringCommands.all + MetabaseCommands.all + PlotCommands.all + ConceptPlots.all)
}
