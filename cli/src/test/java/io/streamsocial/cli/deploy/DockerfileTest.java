package io.streamsocial.cli.deploy;

import static io.streamsocial.cli.deploy.DeployFiles.ROOT;
import static io.streamsocial.cli.deploy.DeployFiles.STATE;
import static io.streamsocial.cli.deploy.DeployFiles.USER;
import static io.streamsocial.cli.deploy.DeployFiles.assertAccepted;
import static io.streamsocial.cli.deploy.DeployFiles.number;
import static io.streamsocial.cli.deploy.DeployFiles.pomProperty;
import static io.streamsocial.cli.deploy.DeployFiles.strings;
import static io.streamsocial.cli.deploy.DeployFiles.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.CommandProcess;
import io.streamsocial.cli.Main;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.http.Json;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Dockerfile against the modules, Jib's configuration and the command line. */
final class DockerfileTest {
  private static final List<Instruction> ALL = instructions();

  /** One of the Dockerfile's, with its continuation lines, without comments. */
  private record Instruction(String name, String text) {}

  private static List<Instruction> instructions() {
    String lines = text("Dockerfile").replaceAll("(?m)^\\s*#.*\\R", "").replaceAll("\\\\\\R", " ");
    return lines
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .map(line -> line.split("\\s+", 2))
        .map(parts -> new Instruction(parts[0], parts[1]))
        .toList();
  }

  private static List<String> all(String name) {
    return ALL.stream().filter(each -> each.name().equals(name)).map(Instruction::text).toList();
  }

  private static String last(String name) {
    List<String> all = all(name);
    return all.get(all.size() - 1);
  }

  private static List<String> execForm(String text) throws Exception {
    return strings(Json.MAPPER.readTree(text));
  }

  /** Sources of those that copy from the working tree. */
  private static Stream<String> copied() {
    return all("COPY").stream()
        .filter(each -> !each.startsWith("--from"))
        .map(each -> each.split("\\s+", -1)[0]);
  }

  @Test
  void everyModulesPomIsCopiedAndTheSourcesOfThoseThatAreBuilt() {
    Matcher modules = Pattern.compile("<module>([^<]+)</module>").matcher(text("pom.xml"));
    List<String> poms = new ArrayList<>(List.of("pom.xml"));
    while (modules.find()) {
      poms.add(modules.group(1) + "/pom.xml");
    }
    assertThat(copied()).containsAll(poms);
    Matcher built = Pattern.compile("(?m)^modules=\\(([^)]+)\\)").matcher(text("trending"));
    assertThat(built.find()).isTrue();
    for (String module : built.group(1).split(" ", -1)) {
      assertThat(copied()).contains(module + "/src/main/");
    }
  }

  @Test
  void whatIsCopiedExistsAndIsNotIgnored() {
    List<String> kept = text(".dockerignore").lines().filter(l -> l.startsWith("!")).toList();
    assertThat(text(".dockerignore").lines()).contains("*");
    for (String source : copied().toList()) {
      Path path = Path.of(source);
      assertThat(Files.exists(ROOT.resolve(path))).as(source).isTrue();
      assertThat(kept)
          .as(source)
          .anyMatch(
              line -> {
                String pattern = line.substring(1);
                return path.startsWith(pattern)
                    || FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(path);
              });
    }
  }

  @Test
  void jibMakesTheSameOfTheSame() throws Exception {
    Pom pom = Pom.read(ROOT.resolve("cli/pom.xml"));
    String jib = "//plugin[artifactId='jib-maven-plugin']/configuration/";
    String container = jib + "container/";
    assertThat(pom.text(jib + "from/image")).isEqualTo(last("FROM"));
    assertThat(pom.text(container + "entrypoint").split(",", -1))
        .isEqualTo(execForm(last("ENTRYPOINT")).toArray());
    assertThat(pom.text(container + "args").split(",", -1))
        .isEqualTo(execForm(last("CMD")).toArray());
    assertThat(pom.text(container + "user")).isEqualTo(last("USER"));
    assertThat(pom.text(container + "workingDirectory")).isEqualTo(last("WORKDIR"));
    assertThat(pom.text(container + "ports")).isEqualTo(last("EXPOSE"));
    assertThat(pom.text(container + "volumes")).isEqualTo(last("VOLUME"));
    for (Map.Entry<String, String> each : pairs(last("ENV")).entrySet()) {
      assertThat(pom.text(container + "environment/" + each.getKey())).isEqualTo(each.getValue());
    }
    for (Map.Entry<String, String> each : pairs(last("LABEL")).entrySet()) {
      String label = pom.text(container + "labels/*[name()='" + each.getKey() + "']");
      assertThat(label.replace("${project.parent.description}", pomProperty("description")))
          .isEqualTo(each.getValue());
    }
  }

  /** A=b C="d e" */
  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new TreeMap<>();
    Matcher matcher = Pattern.compile("([^\\s=]+)=(?:\"([^\"]*)\"|(\\S+))").matcher(text);
    while (matcher.find()) {
      pairs.put(matcher.group(1), matcher.group(2) == null ? matcher.group(3) : matcher.group(2));
    }
    return pairs;
  }

  @Test
  void itRunsAsANumberOnAJavaThatIsNewEnough() {
    assertThat(last("USER")).isEqualTo(USER + ":" + USER);
    assertThat(ALL.indexOf(new Instruction("USER", last("USER"))))
        .as("everything is made before root is left")
        .isGreaterThan(ALL.indexOf(new Instruction("RUN", last("RUN"))));
    assertThat(last("RUN")).contains("install -d -o " + USER + " -g " + USER + " " + STATE);
    // musl has no libstdc++ for RocksDB.
    assertThat(last("FROM")).doesNotContain("alpine");
    assertThat(number(last("FROM"), "temurin:(\\d+)-jre"))
        .isGreaterThanOrEqualTo(Long.parseLong(pomProperty("maven.compiler.release")));
  }

  @Test
  void theCommandLineKnowsWhatItIsGiven() throws Exception {
    Map<String, String> environment = pairs(last("ENV"));
    assertThat(environment)
        .containsEntry("PORT", Integer.toString(ListenOptions.BASE_PORT))
        .containsEntry("TRENDING_STATE_DIR", STATE);
    assertThat(last("EXPOSE")).isEqualTo(environment.get("PORT"));
    assertThat(last("VOLUME")).isEqualTo(STATE);
    assertThat(execForm(last("ENTRYPOINT")))
        .startsWith("java", "@/app/jvm-options")
        .endsWith(Main.class.getName());
    environment.put("TRENDING_HOST", "127.0.0.1");
    assertAccepted(environment, execForm(last("CMD")));
    String check = last("HEALTHCHECK");
    List<String> command = execForm(check.substring(check.indexOf("CMD ") + 4));
    int main = command.indexOf(Main.class.getName());
    assertAccepted(Map.of(), command.subList(main + 1, command.size()));
    assertThat(command).endsWith("query", "ready");
  }

  @Test
  void javaTakesTheOptions() throws Exception {
    Path options = ROOT.resolve("deploy/image/app/jvm-options");
    try (CommandProcess java =
        CommandProcess.startJava(List.of("@" + options, "-version"), Map.of())) {
      assertThat(java.awaitEnd(120)).as(java.output()).isZero();
    }
  }
}
