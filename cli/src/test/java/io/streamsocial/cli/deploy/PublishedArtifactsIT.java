package io.streamsocial.cli.deploy;

import static io.streamsocial.cli.deploy.DeployFiles.ROOT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.example.outside.Tally;
import io.streamsocial.cli.CommandProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What other programs get: the artifacts as a release makes them, installed by Maven into a local
 * repository that has nothing of ours; and a project outside of this one that has nothing else.
 */
@Timeout(900)
final class PublishedArtifactsIT {
  private static final String SOURCES_AT = "https://sources.example/trending";
  private static final String OURS = "io/streamsocial";

  /** Of a library or a plugin: of ours, none is ever looked for on another machine. */
  private static final Pattern UNREACHABLE =
      Pattern.compile("Could not transfer artifact|in offline mode");

  @TempDir static Path dir;

  private static Path repository = Path.of("");
  private static String version = "";
  private static List<String> published = List.of();

  @BeforeAll
  static void install() throws Exception {
    published = PublishedPomsTest.published();
    version = Pom.read(ROOT.resolve("pom.xml")).text("/project/version");
    repository = Files.createDirectory(dir.resolve("repository"));
    layerOver(Path.of(System.getProperty("localRepository", "")));
    copyClasses();
    maven(
        ROOT,
        "-Prelease",
        "-Dscm.url=" + SOURCES_AT,
        "-Doutput.directory=" + dir.resolve("output") + "/${project.artifactId}",
        "-Dmaven.main.skip=true",
        "-Dmaven.test.skip=true",
        "-Dspotless.check.skip=true",
        "-pl",
        String.join(",", published),
        "-am",
        "install");
    leaveOnlyWhatIsPublished();
  }

  /** Libraries and plugins that this machine has; what is fetched beside them, it has then. */
  private static void layerOver(Path existing) throws IOException {
    assumeTrue(Files.isDirectory(existing.resolve("org")), "Maven did not name its repository");
    Path ours = Path.of(OURS);
    Files.createDirectory(repository.resolve(ours.getParent()));
    for (Path parent : List.of(Path.of(""), ours.getParent())) {
      try (Stream<Path> entries = Files.list(existing.resolve(parent))) {
        for (Path entry : entries.toList()) {
          Path name = existing.relativize(entry);
          if (!ours.startsWith(name)) {
            Files.createSymbolicLink(repository.resolve(name), entry.toAbsolutePath());
          }
        }
      }
    }
  }

  /** Links first: what deletes the directory must not wonder where they lead. */
  @AfterAll
  static void unlink() throws IOException {
    for (Path parent : List.of(repository, repository.resolve(OURS).getParent())) {
      try (Stream<Path> entries = Files.list(parent)) {
        for (Path entry : entries.filter(Files::isSymbolicLink).toList()) {
          Files.delete(entry);
        }
      }
    }
  }

  /** Those that this build has compiled, since compiling takes longer than all the rest. */
  private static void copyClasses() throws Exception {
    for (String module : Pom.read(ROOT.resolve("pom.xml")).texts("/project/modules/module")) {
      Path classes = ROOT.resolve(module).resolve("target/classes");
      if (Files.exists(classes)) {
        copy(classes, dir.resolve("output").resolve(module).resolve("classes"));
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(from.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  /** Not the parent, nor the broker, which the others' own tests need. */
  private static void leaveOnlyWhatIsPublished() throws IOException {
    try (Stream<Path> artifacts = Files.list(repository.resolve(OURS))) {
      for (Path artifact : artifacts.toList()) {
        if (!published.contains(artifact.getFileName().toString())) {
          Files.move(artifact, dir.resolve(artifact.getFileName()));
        }
      }
    }
  }

  /** Runs to its end; skips the test when something cannot be fetched. */
  private static void maven(Path project, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp", "-q"));
    command.add("-Dmaven.repo.local=" + repository);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(project.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MAVEN_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    Path log = dir.resolve("maven.log");
    Process process;
    try {
      process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    } catch (IOException e) {
      Assumptions.abort("needs mvn on the path: " + e.getMessage());
      return;
    }
    try {
      assertThat(process.waitFor(600, TimeUnit.SECONDS)).as("ended").isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
    String said = Files.readString(log, UTF_8);
    assumeFalse(UNREACHABLE.matcher(said).find(), said);
    assertThat(process.exitValue()).as(said).isZero();
  }

  private static Path file(String module, String suffix) {
    String name = module + "-" + version + suffix;
    return repository.resolve(OURS).resolve(module).resolve(version).resolve(name);
  }

  @Test
  void anOutsideProgramIsBuiltAndRunsOnThemAlone() throws Exception {
    Path project = dir.resolve("outside");
    copy(Path.of("src/test/resources/outside"), project);
    String source = Tally.class.getName().replace('.', '/') + ".java";
    Path copied = project.resolve("src/main/java").resolve(source);
    Files.createDirectories(copied.getParent());
    Files.copy(Path.of("src/test/java").resolve(source), copied);
    maven(project, "compile", "dependency:build-classpath", "-Dmdep.outputFile=target/classpath");
    String libraries = Files.readString(project.resolve("target/classpath")).strip();
    assertThat(libraries.split(File.pathSeparator, -1))
        .allMatch(jar -> Path.of(jar).startsWith(repository))
        .contains(file("store", ".jar").toString(), file("processor", ".jar").toString());
    String classes = project.resolve("target/classes") + File.pathSeparator + libraries;
    String state = dir.resolve("state").toString();
    try (CommandProcess tally =
        CommandProcess.startJava(
            List.of("-cp", classes, Tally.class.getName(), state, "beans", "tea", "beans"),
            Map.of())) {
      assertThat(tally.awaitEnd()).as(tally.output()).isZero();
      assertThat(tally.output()).contains("beans 2", "tea 1");
    }
  }

  @Test
  void eachPomStandsAlone() throws Exception {
    for (String module : published) {
      Pom pom = Pom.read(file(module, ".pom"));
      assertThat(pom.texts("/project/parent | //repository | //profile")).as(module).isEmpty();
      assertThat(pom.texts("//dependency[scope='test']")).as(module).isEmpty();
      assertThat(pom.texts("//dependency[not(version)]")).as(module).isEmpty();
      for (String element :
          List.of("name", "description", "licenses/license/name", "developers/developer/name")) {
        assertThat(pom.text("/project/" + element)).as("%s of %s", element, module).isNotEmpty();
      }
      assertThat(pom.text("/project/url")).as(module).isEqualTo(SOURCES_AT);
      assertThat(pom.text("/project/scm/url")).as(module).isEqualTo(SOURCES_AT);
      assertThat(pom.text("/project/scm/connection")).as(module).endsWith(":git:" + SOURCES_AT);
    }
    Pom bom = Pom.read(file("bom", ".pom"));
    assertThat(bom.texts("//dependency")).hasSize(published.size() - 1);
  }

  @Test
  void eachJarHasItsSourcesAndItsJavadoc() throws Exception {
    for (String module : published) {
      if (Files.exists(file(module, ".jar"))) {
        Path sources = ROOT.resolve(module).resolve("src/main/java");
        assertThat(names(file(module, "-sources.jar"), ".java")).isEqualTo(names(sources));
        assertThat(names(file(module, ".jar"), ".class")).isNotEmpty();
        assertThat(names(file(module, "-javadoc.jar"), ".html"))
            .contains(
                "index.html", OURS + "/" + module.replace('-', '/') + "/package-summary.html");
      } else {
        assertThat(module).as("nothing but a POM").isEqualTo("bom");
      }
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static List<String> names(Path jar, String ending) throws IOException {
    try (FileSystem files = FileSystems.newFileSystem(jar)) {
      return names(files.getPath("/")).stream().filter(name -> name.endsWith(ending)).toList();
    }
  }
}
