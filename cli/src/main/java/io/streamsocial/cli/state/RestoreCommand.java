package io.streamsocial.cli.state;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.cli.shell.ConsoleProgress;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.http.peers.NamedPeer;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateRestore;
import io.streamsocial.processor.snapshots.SnapshotSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Rebuilds a state directory from the changelog while the instance does not run. */
@CommandLine.Command(
    name = "restore",
    description = {
      "Rebuild a state directory from the changelog, offline: the next serve has nothing left to"
          + " restore.",
      "A restore that was interrupted continues from where it stopped; a store that is damaged or too old is set aside and rebuilt."
    },
    footer = {
      "",
      "Examples:",
      "  trending restore --bootstrap kafka:9092 --state-dir /var/lib/trending --instance-id 0",
      "  trending restore --partitions 0,2 --json",
      "  trending restore --from-peer http://other:8080 --instance-id 3",
      "Exit codes: 0 restored, 1 failed, 2 usage, 3 stopped before the end."
    })
final class RestoreCommand extends StateCommand {
  @Mixin final PartitionsOption partitions = new PartitionsOption();

  @Mixin final FromPeerOptions peer = new FromPeerOptions();

  @Option(
      names = "--parallel",
      description =
          "Partitions to restore at once, 1 to 64; the default is half as many as processors.")
  int parallel = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  @Override
  List<String> moreProblems(Shell shell) {
    List<String> problems = new ArrayList<>(partitions.problems());
    problems.addAll(peer.problems());
    if (parallel < 1 || parallel > 64) {
      problems.add("parallel is %d: allowed is 1 to 64".formatted(parallel));
    }
    return problems;
  }

  @Override
  int run(EngineConfig config, Shell shell) {
    shell.say(
        "restoring %s from Kafka at %s"
            .formatted(config.instanceDirectory(), config.brokers().bootstrap()));
    StateRestore.Result result;
    try (NamedPeer source = peer.open(config.identity().appId());
        ConsoleProgress progress = new ConsoleProgress(shell, System::nanoTime)) {
      result =
          StateRestore.run(
              config,
              partitions.chosen(),
              parallel,
              source == null ? SnapshotSource.NONE : source,
              watcher(progress),
              shell.shutdown()::isRequested);
    }
    if (json) {
      print(out -> write(result, config, out), shell);
    } else {
      print(result, shell);
    }
    for (Path store : result.setAside()) {
      shell.say(
          "set aside: %s, which was damaged or too old; delete it when it is no longer needed"
              .formatted(store));
    }
    if (!result.complete()) {
      shell.say("stopped before the end; what was read is kept, run restore again to go on");
    }
    return result.complete() ? ExitCode.DONE : ExitCode.NOT_READY;
  }

  private static StateRestore.Watcher watcher(ConsoleProgress progress) {
    return new StateRestore.Watcher() {
      @Override
      public void fetched(long bytes, long total) {
        progress.atBytes("fetch", bytes, total);
      }

      @Override
      public void progress(long done, long total) {
        progress.at("restore", done, total);
      }
    };
  }

  private static void print(StateRestore.Result result, Shell shell) {
    Table table = new Table("PARTITION", "FROM", "TO", "RECORDS", "SECONDS", "RECORDS/S");
    for (StateRestore.Partition each : result.partitions()) {
      table.row(
          Integer.toString(each.partition()),
          Long.toString(each.from()),
          Long.toString(each.to()),
          Long.toString(each.records()),
          String.format(Locale.ROOT, "%.2f", each.seconds()),
          Long.toString(Math.round(each.rate())));
    }
    table.print(shell.out());
    if (fetched(result) > 0) {
      shell
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%d of %d partitions came from the peer: %.1f MB",
                  result.partitions().stream().filter(each -> each.fetchedBytes() > 0).count(),
                  result.partitions().size(),
                  fetched(result) / 1e6));
    }
    shell
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "%d records (%.1f MB) in %.2f s: %d records/s, %.1f MB/s",
                records(result),
                bytes(result) / 1e6,
                result.seconds(),
                Math.round(records(result) / result.seconds()),
                bytes(result) / 1e6 / result.seconds()));
  }

  private static long records(StateRestore.Result result) {
    return result.partitions().stream().mapToLong(StateRestore.Partition::records).sum();
  }

  private static long bytes(StateRestore.Result result) {
    return result.partitions().stream().mapToLong(StateRestore.Partition::bytes).sum();
  }

  private static long fetched(StateRestore.Result result) {
    return result.partitions().stream().mapToLong(StateRestore.Partition::fetchedBytes).sum();
  }

  private static void write(StateRestore.Result result, EngineConfig config, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("state_dir", config.instanceDirectory().toString());
    out.writeBooleanField("complete", result.complete());
    out.writeNumberField("records", records(result));
    out.writeNumberField("bytes", bytes(result));
    out.writeNumberField("fetched_bytes", fetched(result));
    out.writeNumberField("seconds", rounded(result.seconds()));
    out.writeNumberField("records_per_s", Math.round(records(result) / result.seconds()));
    out.writeArrayFieldStart("partitions");
    for (StateRestore.Partition each : result.partitions()) {
      out.writeStartObject();
      out.writeNumberField("partition", each.partition());
      out.writeNumberField("from", each.from());
      out.writeNumberField("to", each.to());
      out.writeNumberField("records", each.records());
      out.writeNumberField("bytes", each.bytes());
      out.writeNumberField("fetched_bytes", each.fetchedBytes());
      out.writeNumberField("seconds", rounded(each.seconds()));
      out.writeNumberField("records_per_s", Math.round(each.rate()));
      out.writeBooleanField("complete", each.complete());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("set_aside");
    for (Path store : result.setAside()) {
      out.writeString(store.toString());
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static double rounded(double seconds) {
    return Math.round(seconds * 1000) / 1000.0;
  }
}
