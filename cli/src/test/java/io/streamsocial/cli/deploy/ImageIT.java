package io.streamsocial.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.CommandProcess;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.http.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image that Jib has built in this build, without a base image: its layers are unpacked and run
 * by this machine's Java, in place of the one that the base image would bring.
 */
final class ImageIT {
  @TempDir static Path dir;

  private static Path root = Path.of("");
  private static JsonNode config = Json.MAPPER.missingNode();

  @BeforeAll
  static void unpack() throws Exception {
    Path image = Files.createDirectory(dir.resolve("image"));
    root = Files.createDirectory(dir.resolve("root"));
    tar("-xf", Path.of("target", "jib-image.tar"), image);
    JsonNode manifest = json(image.resolve("manifest.json")).get(0);
    config = json(image.resolve(manifest.path("Config").textValue())).path("config");
    for (JsonNode layer : manifest.path("Layers")) {
      tar("-xzf", image.resolve(layer.textValue()), root);
    }
  }

  /** Permissions as they are written, whatever this process would give to new files. */
  private static void tar(String what, Path file, Path into) throws Exception {
    Process process =
        new ProcessBuilder("tar", what, file.toString(), "-p", "-C", into.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("tar.log").toFile())
            .start();
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(dir.resolve("tar.log"))).isZero();
  }

  private static JsonNode json(Path file) throws IOException {
    return Json.MAPPER.readTree(Files.readAllBytes(file));
  }

  @Test
  void itsLibrariesAreThoseOfProductionAndNoMore() throws IOException {
    assertThat(names(root.resolve("app/libs"))).isEqualTo(names(Path.of("target", "lib")));
    assertThat(names(root.resolve("app/classpath"))).hasSize(1);
    assertThat(config.path("User").textValue()).isEqualTo("10001:10001");
    assertThat(config.path("ExposedPorts").has(ListenOptions.BASE_PORT + "/tcp")).isTrue();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anyUserMayWriteTheStateAndReadAllElse() throws IOException {
    Path state = root.resolve(config.path("WorkingDir").textValue().substring(1));
    assertThat(mode(state)).isEqualTo("rwxrwxrwx");
    try (Stream<Path> files = Files.walk(root.resolve("app"))) {
      assertThat(files.map(ImageIT::mode)).containsOnly("rwxr-xr-x", "rw-r--r--");
    }
  }

  private static String mode(Path file) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theEntryPointServesAndItsProbeAndSigtermWork() throws Exception {
    String topic = KafkaFixture.createTopic("posts", 2);
    Map<String, String> environment = environment();
    environment.put("TRENDING_HOST", "127.0.0.1");
    environment.put("PORT", "0");
    environment.put("TRENDING_STATE_DIR", dir.resolve("state").toString());
    environment.put("TRENDING_BOOTSTRAP", KafkaFixture.bootstrap());
    environment.put("TRENDING_TOPIC", topic);
    environment.put("TRENDING_APP_ID", KafkaFixture.uniqueName("image"));
    // The memory of a container, not 40 % of this machine.
    environment.put("JAVA_TOOL_OPTIONS", "-Xmx256m " + CommandProcess.PATIENT_STOP);
    try (CommandProcess instance = java(environment, strings(config.path("Cmd")))) {
      environment.put("TRENDING_API_URL", "http://127.0.0.1:" + instance.awaitPort());
      await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                assertThat(instance.isAlive()).as(instance.output()).isTrue();
                return run(environment, "query", "ready") == ExitCode.DONE;
              });
      assertThat(run(environment, "query", "live")).isZero();
      assertThat(instance.terminate()).as(instance.output()).isZero();
      assertThat(run(environment, "query", "ready")).isEqualTo(ExitCode.FAILED);
    }
    assertThat(dir.resolve("state")).isNotEmptyDirectory();
  }

  private static int run(Map<String, String> environment, String... arguments) throws Exception {
    try (CommandProcess process = java(environment, List.of(arguments))) {
      return process.awaitEnd(120);
    }
  }

  private static Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    for (String each : strings(config.path("Env"))) {
      int equals = each.indexOf('=');
      variables.put(each.substring(0, equals), each.substring(equals + 1));
    }
    return variables;
  }

  /** The image's entry point, its paths moved to where the layers are unpacked. */
  private static CommandProcess java(Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    for (String word : strings(config.path("Entrypoint"))) {
      command.add(word.startsWith("@") ? "@" + moved(Path.of(word.substring(1))) : word);
    }
    assertThat(command.remove(0)).isEqualTo("java");
    command.addAll(arguments);
    return CommandProcess.startJava(command, environment);
  }

  private static Path moved(Path argumentFile) throws IOException {
    Path file = root.resolve(argumentFile.toString().substring(1));
    Path moved = dir.resolve(argumentFile.getFileName());
    Files.writeString(moved, Files.readString(file).replace("/app/", root + "/app/"));
    return moved;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.textValue()));
    return strings;
  }
}
