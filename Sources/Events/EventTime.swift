// Times of events: ISO 8601 with a zone, or milliseconds since 1970; and the rule for when an event happened.
import JSON

public enum EventTime {
    /// The instant at `place`, in milliseconds since 1970; nil where it is none.
    public static func milliseconds(_ tape: JSONTape, _ place: Int) -> Int64? {
        switch tape.kind(place) {
        case .integer:
            let value = tape.integer(place)
            return value.magnitude <= 253_402_300_799_999 ? value : nil
        case .double:
            let value = tape.double(place)
            return value.magnitude <= 253_402_300_799_999 ? Int64(value) : nil
        case .string: return parse(tape.string(place))
        default: return nil
        }
    }

    /// `2026-11-23T10:00:00.123+01:00`: date, `T` or a space, time (seconds and fraction may be missing), zone.
    public static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var reader = DigitReader(text: text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2)
        else { return nil }
        var second = 0
        var fraction = 0
        if reader.take(":") {
            guard let seconds = reader.number(2) else { return nil }
            second = seconds
            if reader.take(".") || reader.take(",") {
                guard let milliseconds = reader.fraction() else { return nil }
                fraction = milliseconds
            }
        }
        guard (1...12).contains(month), day >= 1, day <= days(in: month, of: year), hour <= 23, minute <= 59,
            second <= 60,
            let offset = reader.zoneMinutes(), reader.isAtEnd
        else { return nil }
        let minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offset
        return Int64((minutes * 60 + second) * 1000 + fraction)
    }

    /// When the event happened. With `sentAt`, the sender's clock is set right by what its sending took place at;
    /// a time more than a day ahead of `receivedAt` or ten years behind it is replaced by `receivedAt`.
    public static func happened(
        timestamp: Int64?, originalTimestamp: Int64?, sentAt: Int64?, receivedAt: Int64
    ) -> (milliseconds: Int64, wasReplaced: Bool) {
        var time = receivedAt
        if let sentAt {
            if let stated = originalTimestamp ?? timestamp { time = receivedAt - (sentAt - stated) }
        } else if let timestamp {
            time = timestamp
        }
        let day: Int64 = 86_400_000
        guard time <= receivedAt + day, time >= receivedAt - 3653 * day else { return (receivedAt, true) }
        return (time, false)
    }

    /// `2026-11-23T10:00:00.123Z`, 24 bytes.
    public static func text(_ milliseconds: Int64) -> [UInt8] {
        let day = (milliseconds >= 0 ? milliseconds : milliseconds - 86_399_999) / 86_400_000
        let inDay = Int(milliseconds - day * 86_400_000)
        let (year, month, dayOfMonth) = civil(Int(day))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        func digits(_ value: Int, _ count: Int) {
            var divisor = 1
            for _ in 1..<count { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
                divisor /= 10
            }
        }
        digits(year, 4)
        bytes.append(UInt8(ascii: "-"))
        digits(month, 2)
        bytes.append(UInt8(ascii: "-"))
        digits(dayOfMonth, 2)
        bytes.append(UInt8(ascii: "T"))
        digits(inDay / 3_600_000, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(inDay / 60_000 % 60, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(inDay / 1000 % 60, 2)
        bytes.append(UInt8(ascii: "."))
        digits(inDay % 1000, 3)
        bytes.append(UInt8(ascii: "Z"))
        return bytes
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leapDays + (monthFromMarch * 153 + 2) / 5 + day - 719_469
    }

    private static func civil(_ days: Int) -> (Int, Int, Int) {
        var year = 1970 + (days >= 0 ? days / 366 : days / 365 - 1)
        while daysSince1970(year + 1, 1, 1) <= days { year += 1 }
        var month = 1
        while month < 12, daysSince1970(year, month + 1, 1) <= days { month += 1 }
        return (year, month, days - daysSince1970(year, month, 1) + 1)
    }
}

/// Reads digits and separators from the front of a text.
private struct DigitReader {
    let text: UnsafeBufferPointer<UInt8>
    var index = 0

    var isAtEnd: Bool { index == text.count }

    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    mutating func number(_ digits: Int) -> Int? {
        guard index + digits <= text.count else { return nil }
        var value = 0
        for offset in 0..<digits {
            let digit = text[index + offset] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        index += digits
        return value
    }

    /// One or more digits behind the point, as milliseconds, the rest cut.
    mutating func fraction() -> Int? {
        var milliseconds = 0
        var weight = 100
        let start = index
        while let digit = number(1) {
            milliseconds += digit * weight
            weight /= 10
        }
        return index > start ? milliseconds : nil
    }

    /// `Z`, `+hh:mm`, `+hhmm` or `+hh`, in minutes east.
    mutating func zoneMinutes() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2), hours <= 23 else { return nil }
        if isAtEnd { return sign * hours * 60 }
        _ = take(":")
        guard let minutes = number(2), minutes <= 59 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
