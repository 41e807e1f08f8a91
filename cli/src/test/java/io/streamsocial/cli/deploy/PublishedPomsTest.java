package io.streamsocial.cli.deploy;

import static io.streamsocial.cli.deploy.DeployFiles.ROOT;
import static io.streamsocial.cli.deploy.DeployFiles.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Which modules are published, and that all that names their version names the same one. */
final class PublishedPomsTest {
  private static final Pattern XML = Pattern.compile("```xml\n(.*?)```", Pattern.DOTALL);
  private static final String OUTSIDE = "cli/src/test/resources/outside/pom.xml";

  /** Directories, in the order of the root POM, of the modules that say that they are published. */
  static List<String> published() throws Exception {
    List<String> published = new ArrayList<>();
    for (String module : Pom.read(ROOT.resolve("pom.xml")).texts("/project/modules/module")) {
      if (module(module).text("/project/properties/maven.deploy.skip").equals("false")) {
        published.add(module);
      }
    }
    return published;
  }

  private static Pom module(String name) throws Exception {
    return Pom.read(ROOT.resolve(name).resolve("pom.xml"));
  }

  @Test
  void theBomNamesAllThatIsPublishedAndNoMore() throws Exception {
    assertThat(Pom.read(ROOT.resolve("pom.xml")).text("/project/properties/maven.deploy.skip"))
        .as("a module that says nothing is not published")
        .isEqualTo("true");
    Pom bom = module("bom");
    List<String> named = new ArrayList<>(bom.texts("//dependency/artifactId"));
    named.add("bom");
    assertThat(named).isEqualTo(published()).contains("store", "processor", "http");
    assertThat(bom.texts("//dependency/version")).containsOnly("${project.version}");
  }

  @Test
  void whatIsPublishedSaysWhatItIs() throws Exception {
    for (String module : published()) {
      Pom pom = module(module);
      assertThat(pom.text("/project/artifactId")).isEqualTo(module);
      assertThat(pom.text("/project/name")).isEqualTo("StreamSocial Trending: " + module);
      assertThat(pom.text("/project/description")).as(module).hasSizeGreaterThan(30);
    }
  }

  @Test
  void thePageSaysToOthersWhatTheOutsideProjectIsBuiltWith() throws Exception {
    List<String> blocks =
        XML.matcher(text("docs/embedding.md")).results().map(block -> block.group(1)).toList();
    assertThat(blocks).isNotEmpty();
    for (String block : blocks) {
      assertThat(flat(text(OUTSIDE))).contains(flat(block));
    }
  }

  private static String flat(String xml) {
    return xml.replaceAll("\\s+", "");
  }

  @Test
  void oneVersionStandsEverywhere() throws Exception {
    Pom root = Pom.read(ROOT.resolve("pom.xml"));
    String version = root.text("/project/version");
    for (String module : root.texts("/project/modules/module")) {
      assertThat(module(module).text("/project/parent/version")).as(module).isEqualTo(version);
    }
    Pattern named = Pattern.compile("<artifactId>bom</artifactId>\\s*<version>([^<]*)</version>");
    for (String file : List.of(OUTSIDE, "docs/embedding.md")) {
      assertThat(named.matcher(text(file)).results().map((MatchResult each) -> each.group(1)))
          .as(file)
          .containsExactly(version);
    }
  }
}
