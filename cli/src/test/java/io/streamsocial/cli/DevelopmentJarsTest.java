package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.broker.LocalBroker;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line on the class path of production, which has no broker. */
@Timeout(300)
final class DevelopmentJarsTest {
  @ParameterizedTest
  @ValueSource(strings = {"demo", "broker"})
  void withoutTheBrokersJarsACommandSaysHowToRunIt(String command) throws Exception {
    try (CommandProcess process = inProduction(command)) {
      assertThat(process.awaitEnd()).as(process.output()).isEqualTo(1);
      assertThat(process.output())
          .contains("error: demo and broker need the development jars (lib-broker)")
          .contains("run them through ./trending")
          .doesNotContain("Exception", "NoClassDefFoundError");
    }
  }

  @Test
  void theHelpOfAllCommandsNeedsNone() throws Exception {
    try (CommandProcess process = inProduction("--help")) {
      assertThat(process.awaitEnd()).as(process.output()).isZero();
      assertThat(process.output()).contains("demo", "serve", "broker");
    }
  }

  private static CommandProcess inProduction(String argument) throws Exception {
    Path broker =
        Path.of(LocalBroker.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> !Path.of(entry).equals(broker))
            .collect(Collectors.joining(File.pathSeparator));
    return CommandProcess.startJava(
        List.of("-XX:TieredStopAtLevel=1", "-cp", classPath, Main.class.getName(), argument),
        Map.of());
  }
}
