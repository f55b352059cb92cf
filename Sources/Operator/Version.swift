// This program's version, in one place.

public enum Version {
    public static let text = "0.1.0"
}
