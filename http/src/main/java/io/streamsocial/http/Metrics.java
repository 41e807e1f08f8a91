package io.streamsocial.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The process's meters, and GET /metrics. Owned and closed by the server. */
final class Metrics implements Endpoint.Direct, AutoCloseable {
  private static final String OPENMETRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  Metrics() {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
  }

  MeterRegistry registry() {
    return registry;
  }

  /**
   * On the event loop, though it takes about a millisecond: it waits for nothing, and it must
   * answer just when the pools are full.
   */
  @Override
  public Response answer(Request request) {
    boolean open = request.headers().accept().contains("application/openmetrics-text");
    String type = open ? OPENMETRICS : PROMETHEUS;
    byte[] body = registry.scrape(type).getBytes(StandardCharsets.UTF_8);
    return new Response(200, type, body, Map.of(), false);
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }
}
