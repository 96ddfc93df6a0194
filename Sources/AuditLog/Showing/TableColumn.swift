/// A column of the table.
enum TableColumn: String, CaseIterable {
  case time = "TIME (UTC)"
  case who = "WHO"
  case from = "FROM"
  case what = "WHAT"
  case outcome = "OUTCOME"
  case reason = "REASON"
}
