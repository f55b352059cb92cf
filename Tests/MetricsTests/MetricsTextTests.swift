import Linux
import Metrics
import Testing

@Suite struct MetricsTextTests {
    private func lines(_ write: (inout MetricsText) -> Void) -> [String] {
        var text = MetricsText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("a family says its help and type once, then its samples")
    func family() {
        let text = lines {
            $0.family("a_total", .counter, "Help.", [.init(1, ("code", "x")), .init(2.5, ("code", "y"), ("b", ""))])
        }
        #expect(
            text == [
                "# HELP a_total Help.", "# TYPE a_total counter", "a_total{code=\"x\"} 1",
                "a_total{code=\"y\",b=\"\"} 2.5",
            ])
    }

    @Test("nothing in a label or a help can forge a line")
    func escaping() {
        let text = lines { $0.family("a", .gauge, "one\ntwo \\ \"", [.init(0, ("l", "x\"} 9\nforged 1\\"))]) }
        #expect(text == ["# HELP a one\\ntwo \\\\ \"", "# TYPE a gauge", "a{l=\"x\\\"} 9\\nforged 1\\\\\"} 0"])
    }

    @Test("numbers beyond the finite are written in Prometheus' words, whole ones whole")
    func numbers() {
        let values: [Double] = [.nan, .infinity, -.infinity, 9_007_199_254_740_991, -0.5, 1e300]
        let text = lines { text in for value in values { text.gauge("a", "h", value) } }.filter { !$0.hasPrefix("#") }
        #expect(text == ["a NaN", "a +Inf", "a -Inf", "a 9007199254740991", "a -0.5", "a 1e+300"])
    }

    @Test("what has no value is left out whole")
    func absent() {
        #expect(
            lines {
                $0.counter("a_total", "h", nil)
                $0.gauge("b", "h", nil as Double?)
                $0.histogram("c", "h", nil)
                $0.family("d", .gauge, "h", [])
            }.isEmpty)
    }

    @Test("a histogram's buckets are cumulative, end with all of them, and agree with its count and sum")
    func histogram() {
        let histogram = Histogram(.counts)
        for value in [0, 1, 2, 3, 60_000, 1_000_000, -5] { histogram.observe(value) }
        let text = lines { $0.histogram("h", "help", histogram) }
        #expect(text[1] == "# TYPE h histogram")
        #expect(text[2] == "h_bucket{le=\"1\"} 3")
        // 2.5 of a whole number is 2.
        #expect(text.contains("h_bucket{le=\"5\"} 5") && text.contains("h_bucket{le=\"100000\"} 6"))
        #expect(text.suffix(3) == ["h_bucket{le=\"+Inf\"} 7", "h_sum 1060006", "h_count 7"])
    }

    @Test("a process says its memory, time, descriptors and start, and they are its own")
    func process() throws {
        let text = lines { $0.process() }
        func value(_ name: String) throws -> Double {
            try #require(text.first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) })
        }
        #expect(try value("process_resident_memory_bytes") > 1e6)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_cpu_seconds_total") > 0)
        let before = try value("process_open_fds")
        #expect(try before > 2 && before < value("process_max_fds"))
        let age = try Double(WallClock.nowMilliseconds) / 1000 - value("process_start_time_seconds")
        #expect(age > -2 && age < 86_400)
    }
}

@Suite struct HistogramTests {
    @Test("a quantile is within a step of the true value")
    func accuracy() {
        var nanoseconds = 120_000
        while nanoseconds < 9_000_000_000 {
            let histogram = Histogram(.fine)
            for _ in 0..<100 { histogram.observe(nanoseconds) }
            let figure = histogram.value(quantile: 0.99) * 1e9
            #expect(figure >= Double(nanoseconds) * 0.66 && figure <= Double(nanoseconds) * 1.7, "\(nanoseconds)")
            nanoseconds = nanoseconds * 21 / 20
        }
    }

    @Test("quantiles are taken over all that was added; outliers and nonsense have a place")
    func quantiles() {
        let histogram = Histogram(.fine)
        #expect(histogram.value(quantile: 0.99) == 0)
        for _ in 0..<99 { histogram.observe(1_000_000) }
        histogram.observe(.max)
        #expect(histogram.value(quantile: 0.5) <= 0.001)
        #expect(histogram.value(quantile: 1) == 10)
        histogram.observe(-5)
        #expect(histogram.value(quantile: 0) < 0.0001)
        #expect(histogram.count == 101)
    }

    @Test("many threads add without losing any")
    func threads() throws {
        let histogram = Histogram(.seconds)
        let threads = try (0..<4).map { number in
            try NamedThread.start("add-\(number)") { for value in 0..<50_000 { histogram.observe(value * 1000) } }
        }
        for thread in threads { thread.join() }
        #expect(histogram.count == 200_000)
        #expect(histogram.sum == 4_999_900_000_000 / 1e9)
        // The last of them is within the bucket up to 50 ms.
        #expect(abs(histogram.value(quantile: 1) - 0.05) < 1e-9)
    }
}
