package io.streamsocial.http.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The process by the names that every Prometheus client gives to it. Micrometer has the same
 * figures by names of its own, and in nanoseconds; resident memory, which is most of what RocksDB
 * takes, it has not. The start time is bound by Micrometer's uptime.
 */
final class ProcessMetrics implements MeterBinder {
  private static final Path STATUS = Path.of("/proc/self/status");

  @Override
  public void bindTo(MeterRegistry registry) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      FunctionCounter.builder("process.cpu", unix, os -> os.getProcessCpuTime() / 1e9)
          .description("User and system time that the process has used")
          .baseUnit("seconds")
          .register(registry);
      gauge(
          registry,
          "process.open.fds",
          "Open files and connections",
          unix,
          UnixOperatingSystemMXBean::getOpenFileDescriptorCount);
      gauge(
          registry,
          "process.max.fds",
          "Files and connections that may be open",
          unix,
          UnixOperatingSystemMXBean::getMaxFileDescriptorCount);
    }
    if (Files.isReadable(STATUS)) {
      Gauge.builder("process.resident.memory", STATUS, path -> kilobytes(path, "VmRSS:") * 1024)
          .description("Physical memory that the process takes: heap, RocksDB, code, stacks")
          .baseUnit("bytes")
          .strongReference(true)
          .register(registry);
    }
  }

  private static <T> void gauge(
      MeterRegistry registry, String name, String help, T source, ToDoubleFunction<T> value) {
    Gauge.builder(name, source, value).description(help).strongReference(true).register(registry);
  }

  /** A line of it: "VmRSS: 123456 kB". */
  private static double kilobytes(Path status, String field) {
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
