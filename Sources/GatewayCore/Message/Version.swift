/// The gateway's version, as `--version`, the `User-Agent` to AWS, the audit and the OpenAPI document have it.
package enum Version {
  package static let current = "0.1.0"
}
