package io.streamsocial.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.Main;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.Json;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What the files of an installation are read with, and the code's side of what they must say. */
final class DeployFiles {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final String USER = "10001";
  static final String STATE = "/var/lib/streamsocial";
  static final String NAME = "streamsocial-trending";

  /** Where a container finds what is secret. */
  static final String SECRETS = "/etc/streamsocial/";

  private DeployFiles() {}

  static String text(String path) {
    try {
      return Files.readString(ROOT.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All documents of a file; a key that is there twice is an error. */
  static List<JsonNode> yaml(String path) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    List<JsonNode> documents = new ArrayList<>();
    for (Object each : new Yaml(new SafeConstructor(options)).loadAll(text(path))) {
      documents.add(Json.MAPPER.valueToTree(each));
    }
    return documents;
  }

  /** What stands between the tags, in the parent's pom. */
  static String pomProperty(String name) {
    Matcher matcher =
        Pattern.compile("<%1$s>([^<]+)</%1$s>".formatted(Pattern.quote(name)))
            .matcher(text("pom.xml"));
    assertThat(matcher.find()).as(name).isTrue();
    return matcher.group(1);
  }

  static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }

  static Map<String, String> map(JsonNode object) {
    Map<String, String> map = new TreeMap<>();
    object.properties().forEach(each -> map.put(each.getKey(), each.getValue().asText()));
    return map;
  }

  /** Every path that the server answers. */
  static Set<String> paths() {
    Set<String> paths = new TreeSet<>();
    try (TestServer server = new TestServer()) {
      server.server.resources().forEach(each -> paths.add(each.template()));
    }
    return paths;
  }

  /**
   * Starts nothing: whether the command knows each variable by name, and would accept arguments and
   * environment. Files of a Secret are not here, so that is looked at without them.
   */
  static void assertAccepted(Map<String, String> variables, List<String> arguments) {
    CommandLine known = parsed(variables, arguments);
    for (String name : variables.keySet()) {
      assertThat(isKnown(name, known)).as("%s knows %s", arguments, name).isTrue();
    }
    Map<String, String> rest = new HashMap<>(variables);
    rest.values().removeIf(value -> value.startsWith(SECRETS));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    Shell shell = new Shell(out, out, false, new Environment(rest), new Shutdown());
    assertThat(((Command) parsed(rest, arguments).getCommand()).problems(shell)).isEmpty();
  }

  private static CommandLine parsed(Map<String, String> variables, List<String> arguments) {
    CommandLine.ParseResult leaf =
        Main.commandLine(new Environment(variables))
            .parseArgs(Main.withPassThrough(arguments.toArray(new String[0])));
    while (leaf.hasSubcommand()) {
      assertThat(leaf.errors()).isEmpty();
      leaf = leaf.subcommand();
    }
    assertThat(leaf.errors()).as("%s with %s", arguments, variables).isEmpty();
    return leaf.commandSpec().commandLine();
  }

  private static boolean isKnown(String name, CommandLine command) {
    Set<String> known = new TreeSet<>(Set.of("POD_NAME"));
    for (OptionSpec option : command.getCommandSpec().options()) {
      known.addAll(Environment.names(option));
    }
    return known.contains(name) || !new Environment(Map.of(name, "1")).kafka().isEmpty();
  }

  /**
   * What a container of so much memory may use: heap, direct buffers, RocksDB, and 384 MiB for the
   * rest of the JVM, a probe's JVM beside it, and pages of files.
   */
  static void assertFits(long limitBytes, long storeBytes) {
    String options = text("deploy/image/app/jvm-options");
    long percent = number(options, "-XX:MaxRAMPercentage=(\\d+)");
    long directBytes = number(options, "-XX:MaxDirectMemorySize=(\\d+)m") << 20;
    assertThat(limitBytes * percent / 100 + directBytes + storeBytes + (384L << 20))
        .isLessThanOrEqualTo(limitBytes);
  }

  static long number(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
