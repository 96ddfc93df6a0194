/// Looks at a condition again and again until it holds; `false` if it doesn't within `time`.
package func eventually(within time: Duration = .seconds(20), _ condition: () async -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + time
  while await !condition() {
    guard ContinuousClock.now < deadline else { return false }
    await Task.yield()
    try? await Task.sleep(for: .milliseconds(2))
  }
  return true
}
