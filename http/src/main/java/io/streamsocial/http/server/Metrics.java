package io.streamsocial.http.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.net.NettyMeters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** The process's meters, and GET /metrics. Owned and closed by the server. */
public final class Metrics implements Endpoint.Direct, AutoCloseable {
  private static final String OPENMETRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final List<Runnable> beforeScrape = new CopyOnWriteArrayList<>();

  Metrics() {
    // In nanoseconds; ProcessMetrics has the same in Prometheus' own name and unit.
    registry.config().meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
    NettyMeters.name(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new JvmInfoMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new ProcessMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
  }

  public MeterRegistry registry() {
    return registry;
  }

  /**
   * For meters that come and go with their subject, as one for each partition here.
   *
   * @param refresh waits for nothing; never runs twice at a time
   */
  public void beforeScrape(Runnable refresh) {
    beforeScrape.add(refresh);
  }

  /**
   * On the event loop, though it takes about a millisecond: it waits for nothing, and it must
   * answer just when the pools are full.
   */
  @Override
  public Response answer(Request request) {
    boolean open = request.headers().accept().contains("application/openmetrics-text");
    String type = open ? OPENMETRICS : PROMETHEUS;
    byte[] body = scrape(type).getBytes(StandardCharsets.UTF_8);
    return new Response(200, type, body, Map.of(), false);
  }

  private synchronized String scrape(String type) {
    beforeScrape.forEach(Runnable::run);
    return registry.scrape(type);
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }
}
