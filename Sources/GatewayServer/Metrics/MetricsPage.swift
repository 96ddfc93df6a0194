/// Writes Prometheus's text exposition format, version 0.0.4.
struct MetricsPage {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"
  private static let prefix = "connection_gateway_"

  private(set) var text = ""

  mutating func counter(_ name: String, _ help: String, _ samples: [(labels: [String: String], value: Int)]) {
    head(name, help, type: "counter")
    for line in samples.map({ "\(Self.prefix)\(name)\(Self.list($0.labels)) \($0.value)\n" }).sorted() { text += line }
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Int) {
    head(name, help, type: "gauge")
    text += "\(Self.prefix)\(name) \(value)\n"
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    head(name, help, type: "histogram")
    var total = 0
    for (bound, count) in zip(Histogram.bounds.map(\.label) + ["+Inf"], histogram.counts) {
      total += count
      text += "\(Self.prefix)\(name)_bucket{le=\"\(bound)\"} \(total)\n"
    }
    let (seconds, attoseconds) = histogram.sum.components
    let microseconds = String(attoseconds / 1_000_000_000_000)
    let fraction = String(repeating: "0", count: 6 - microseconds.count) + microseconds
    text += "\(Self.prefix)\(name)_sum \(seconds).\(fraction)\n\(Self.prefix)\(name)_count \(total)\n"
  }

  private mutating func head(_ name: String, _ help: String, type: String) {
    text += "# HELP \(Self.prefix)\(name) \(help)\n# TYPE \(Self.prefix)\(name) \(type)\n"
  }

  /// The labels' values are ours, and hold nothing that would need escaping.
  private static func list(_ labels: [String: String]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",") + "}"
  }
}
