package io.streamsocial.bench;

import com.sun.management.OperatingSystemMXBean;
import io.streamsocial.bench.load.HttpLoad;
import io.streamsocial.bench.machine.ChildJvm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The CPU time that the machine had used at one moment.
 *
 * @param serverCpu of the process that is measured, ns
 * @param rigCpu of all processes of the rig and of this JVM, ns
 * @param machineCpu of all processes, ns; 0 where there is no /proc
 * @param posts in the topic
 */
record Usage(long nanos, long serverCpu, long rigCpu, long machineCpu, long posts) {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final long NANOS_A_TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int IDLE = 4;
  private static final int IO_WAIT = 5;
  private static final int LAST = 8;

  static Usage now(Rig rig, String topic, ChildJvm server) throws InterruptedException {
    return new Usage(
        System.nanoTime(),
        server.cpuNanos(),
        rig.cpuNanos() + SYSTEM.getProcessCpuTime(),
        machineCpuNanos(),
        rig.ends(topic).values().stream().mapToLong(Long::longValue).sum());
  }

  /** User, nice, system, interrupts and the time stolen by a host; not idle. */
  private static long machineCpuNanos() {
    try {
      String[] words = Files.readAllLines(Path.of("/proc/stat")).get(0).split("\\s+", -1);
      long ticks = 0;
      for (int i = 1; i <= LAST && i < words.length; i++) {
        ticks += i == IDLE || i == IO_WAIT ? 0 : Long.parseLong(words[i]);
      }
      return ticks * NANOS_A_TICK;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Two moments, and what lay between. */
  static final class Watch implements HttpLoad.Watch {
    private final Rig rig;
    private final String topic;
    private final ChildJvm server;
    private Usage begin;
    private Usage end;

    Watch(Rig rig, String topic, ChildJvm server) throws InterruptedException {
      this.rig = rig;
      this.topic = topic;
      this.server = server;
      this.begin = now(rig, topic, server);
      this.end = begin;
    }

    @Override
    public void begins() throws InterruptedException {
      begin = now(rig, topic, server);
    }

    @Override
    public void ends() throws InterruptedException {
      end = now(rig, topic, server);
    }

    long serverCpuNanos() {
      return end.serverCpu - begin.serverCpu;
    }

    /** Rates over the time between; cores are CPU time by wall time. */
    Map<String, Object> figures() {
      double nanos = Math.max(1, end.nanos - begin.nanos);
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("ingested_per_s", (end.posts - begin.posts) * 1e9 / nanos);
      figures.put("server_cores", serverCpuNanos() / nanos);
      double others = end.machineCpu - begin.machineCpu - (double) (end.rigCpu - begin.rigCpu);
      figures.put("others_cores", Math.max(0, others / nanos));
      figures.put("server_rss_peak_mb", server.rssPeakMb());
      return figures;
    }
  }
}
