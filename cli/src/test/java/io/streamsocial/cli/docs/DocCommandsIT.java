package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command of the README and of docs is run as it stands there, or says next to itself why
 * not. What is put in its place and set around it is said in {@link DocWorld}, how a page marks
 * what differs in {@link DocBlock}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DocCommandsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Commands that run until they are ended, and what they have printed when they are ready. */
  private static final Map<String, Pattern> LONG =
      Map.of(
          "demo", Pattern.compile("first trend after"),
          "serve", Pattern.compile("other instances reach it at"),
          "broker", Pattern.compile("Kafka is ready at"),
          "top", Pattern.compile("HASHTAG"),
          "generate", Pattern.compile("(?!)"),
          "curl -N", Pattern.compile("trending_update"));

  private static final Pattern TRENDING =
      Pattern.compile("^(?:\\S+=\\S+ )*(?:\\./)?trending +(?:--\\S+ +)*(\\w+)");

  // Indented blocks are code to Markdown too, and would be overlooked here.
  private static final Pattern INDENTED =
      Pattern.compile(
          "^ {4,}(?:\\$ |\\./trending|trending \\w+ --|curl |mvn |docker |bench/run ).*");

  private static final Pattern METRIC = Pattern.compile("\\bstreamsocial_[a-z_]+");

  @TempDir static Path temp;
  private DocWorld world;

  @BeforeAll
  void prepare() throws Exception {
    world = new DocWorld(temp);
  }

  @AfterAll
  void end() {
    world.close();
  }

  @Test
  void everyBlockSaysWhatItHoldsAndEveryExceptionWhy() throws IOException {
    for (Path page : DocPages.all()) {
      for (DocBlock block : DocBlock.of(page)) {
        String where = block.page() + ":" + block.line();
        assertThat(block.language())
            .as("%s: say what the block holds: sh, console, text, java...", where)
            .isNotEmpty();
        if (!block.marker().isEmpty()) {
          assertThat(block.isShell()).as("%s: a marker before no commands", where).isTrue();
          assertThat(block.reason()).as("%s: the marker says why", where).hasSizeGreaterThan(10);
        }
        if (block.isShell() && !block.isRun()) {
          System.out.printf(
              "DocCommandsIT: not run: %s %s (%s)%n", where, block.lines(), block.reason());
        }
      }
      assertThat(Files.readAllLines(page))
          .as("%s: commands stand in fenced blocks, sh or console", DocPages.name(page))
          .noneMatch(line -> INDENTED.matcher(line).matches());
    }
  }

  @Test
  void everyMetricThatAPageNamesIsServed() throws Exception {
    for (Path page : DocPages.all()) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> everyMetricIsServed(page));
    }
  }

  private void everyMetricIsServed(Path page) throws Exception {
    String served = world.metrics();
    assertThat(METRIC.matcher(Files.readString(page)).results().map(MatchResult::group))
        .as(DocPages.name(page))
        .allMatch(metric -> served.contains("\n" + metric));
  }

  @TestFactory
  List<DynamicTest> everyCommandDoesWhatThePageSays() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path page : DocPages.all()) {
      for (DocBlock block : DocBlock.of(page)) {
        if (block.isShell() && block.isRun()) {
          for (DocBlock.Command command : block.commands()) {
            tests.add(
                DynamicTest.dynamicTest(
                    command.where() + " " + command.text(), () -> run(command, block)));
          }
        }
      }
    }
    return tests;
  }

  private void run(DocBlock.Command command, DocBlock block) throws Exception {
    Matcher matcher = TRENDING.matcher(command.text());
    String name =
        matcher.find() ? matcher.group(1) : command.text().startsWith("curl") ? "curl" : "";
    String kind = command.text().contains("curl -N") ? "curl -N" : name;
    long begin = System.nanoTime();
    Path log = Files.createTempFile(temp, "command", ".log");
    long postsBefore = world.posts();
    Process process = start(runnable(command.text() + block.added()), name, log);
    try {
      boolean runsLong = LONG.containsKey(kind) && !command.text().matches(".* --(count|help).*");
      if (runsLong) {
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(ExecutionException.class)
            .failFast(() -> assertThat(process.isAlive()).as("ended: " + read(log)).isTrue())
            .untilAsserted(
                () -> assertThat(isReady(kind, log, postsBefore)).as(read(log)).isTrue());
        process.destroy();
      }
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("%s: still running:%n%s", command, read(log))
          .isTrue();
      int expected = runsLong && name.equals("curl") ? 143 : block.exitCode();
      assertThat(process.exitValue()).as("%s%n%s", command, read(log)).isEqualTo(expected);
      ShownOutput.check(command, read(log));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().onExit().join();
      if (name.equals("reset")) {
        world.forgetStopped();
      }
    }
    System.out.printf(
        "DocCommandsIT: %.1f s %s %s%n",
        (System.nanoTime() - begin) / 1e9, command.where(), command.text());
  }

  /** As far as it is written: the last character may be so in part. */
  private static String read(Path log) throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
  }

  private String runnable(String text) {
    boolean lacksJq = text.contains("| jq ") && DocWorld.findOnPath("jq").isEmpty();
    if (lacksJq) {
      System.out.println("DocCommandsIT: there is no jq, what is before it is run: " + text);
    }
    return world.substitute(lacksJq ? text.replaceAll("\\s*\\| jq .*", "") : text);
  }

  private boolean isReady(String kind, Path log, long postsBefore) throws Exception {
    String printed = read(log);
    return kind.equals("generate")
        ? world.posts() > postsBefore
        : LONG.getOrDefault(kind, Pattern.compile("")).matcher(printed).find();
  }

  /** A plain command becomes the shell's own process, so that the signal reaches it. */
  private Process start(String text, String name, Path log) throws Exception {
    String script = text.matches(".*[|;&>].*'.*|[^']*[|;>][^']*") ? text : "exec " + text;
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "set -o pipefail; " + script)
            .directory(temp.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(world.environment(name));
    return builder.start();
  }
}
