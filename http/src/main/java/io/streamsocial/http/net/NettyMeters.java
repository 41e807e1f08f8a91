package io.streamsocial.http.net;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.channel.EventLoopGroup;
import java.util.List;

/** Netty's allocator and event loops by Micrometer's binders, with their names set right. */
public final class NettyMeters {
  private NettyMeters() {}

  /** Before they are bound. */
  public static void name(MeterRegistry registry) {
    registry
        .config()
        .meterFilter(
            new MeterFilter() {
              @Override
              public Meter.Id map(Meter.Id id) {
                return id.getName().startsWith("netty.") ? named(id) : id;
              }
            });
  }

  /** There is one allocator, and its id is another after each start; the binders give no help. */
  private static Meter.Id named(Meter.Id id) {
    List<Tag> tags = id.getTags().stream().filter(tag -> !tag.getKey().equals("id")).toList();
    boolean isBytes = id.getName().startsWith("netty.allocator.memory");
    return new Meter.Id(
        id.getName(),
        Tags.of(tags),
        isBytes ? "bytes" : id.getBaseUnit(),
        isBytes ? "Memory that Netty's allocator holds" : "Tasks that wait for an event loop",
        id.getType());
  }

  public static void bind(EventLoopGroup eventLoops, MeterRegistry registry) {
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
      new NettyAllocatorMetrics(allocator).bindTo(registry);
    }
    new NettyEventExecutorMetrics(eventLoops).bindTo(registry);
  }
}
