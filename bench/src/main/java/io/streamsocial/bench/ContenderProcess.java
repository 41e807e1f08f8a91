package io.streamsocial.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.bench.contender.Job;
import io.streamsocial.bench.machine.Machine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs one contender in a process of its own, on a core of its own. */
final class ContenderProcess {
  private ContenderProcess() {}

  /**
   * Runs it to its end.
   *
   * @param javaHome of the JDK that it runs on
   * @param command of {@link Bench}, with its options
   * @param pinned whether it has one core only
   * @return what it printed behind RESULT
   */
  @SuppressWarnings("unchecked")
  static Map<String, Object> run(
      Path javaHome,
      List<String> command,
      String name,
      Job job,
      List<String> javaOptions,
      boolean pinned)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(pinned ? Machine.pinned(0) : List.of());
    words.add(javaHome.resolve("bin").resolve("java").toString());
    words.addAll(javaOptions);
    words.addAll(List.of("-cp", classPath(name), Bench.class.getName()));
    words.addAll(command);
    words.add(name);
    words.addAll(List.of("--bootstrap", job.bootstrap(), "--topic", job.topic()));
    words.addAll(List.of("--posts", Long.toString(job.posts())));
    words.addAll(List.of("--state-dir", job.stateDir().toString()));
    words.addAll(List.of("--threads", Integer.toString(job.threads())));
    words.addAll(List.of("--view", new ViewSet(job.views()).toString()));
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("RESULT ")) {
          process.waitFor();
          return new ObjectMapper().readValue(line.substring(7), LinkedHashMap.class);
        }
      }
      throw new IllegalStateException(
          name + " ended without a result, exit code " + process.waitFor());
    } finally {
      process.destroyForcibly();
    }
  }

  /** Kafka Streams runs with its own RocksDB, which comes first. */
  private static String classPath(String name) {
    String ours = System.getProperty("java.class.path");
    Path streams = Path.of(ours).resolveSibling("lib-streams").resolve("*");
    return name.startsWith("streams") ? streams + ":" + ours : ours;
  }
}
