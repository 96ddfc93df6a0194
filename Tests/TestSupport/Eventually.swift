/// Looks at a condition again and again until it holds; `false` if it doesn't within `time`.
///
/// Looks are counted, not the time: where other tests leave this one no processor, nothing can have come true meanwhile.
package func eventually(within time: Duration = .seconds(20), _ condition: () async -> Bool) async -> Bool {
  let pause = Duration.milliseconds(2)
  for _ in 0..<max(1, Int(time / pause)) {
    if await condition() { return true }
    await Task.yield()
    try? await Task.sleep(for: pause)
  }
  return await condition()
}
