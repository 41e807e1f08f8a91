package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What docs/embedding.md promises of its first program and its test: how many lines one writes. All
 * count but imports, comments and blank lines.
 */
class EmbeddingLinesTest {
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "<!-- example: cli/src/test/java/com/example/shop/(\\w+)\\.java -->\n```java\n(.*?)```\n",
          Pattern.DOTALL);
  private static final Pattern WRITTEN = Pattern.compile("(?m)^ *(?!import |//|/?\\*)\\S");

  @Test
  void revenueByShopWithItsTestIsFortyLines() throws IOException {
    String page = Files.readString(DocPages.root().resolve("docs").resolve("embedding.md"));
    List<Matcher> shown =
        EXAMPLE
            .matcher(page)
            .results()
            .map(each -> EXAMPLE.matcher(each.group()))
            .filter(Matcher::matches)
            .toList();
    assertThat(shown).extracting(each -> each.group(1)).containsExactly("Revenue", "RevenueTest");
    long lines =
        shown.stream().mapToLong(each -> WRITTEN.matcher(each.group(2)).results().count()).sum();
    assertThat(lines).isBetween(30L, 40L);
    assertThat(page).contains("The program and its test are " + lines + " lines");
  }

  @Test
  void theFormatOfJacksonHasTheVersionOfOurs() throws IOException {
    Matcher ours =
        Pattern.compile("<jackson.version>(.*?)</")
            .matcher(Files.readString(DocPages.root().resolve("pom.xml")));
    assertThat(ours.find()).isTrue();
    assertThat(Files.readString(DocPages.root().resolve("docs").resolve("embedding.md")))
        .contains(
            "<artifactId>jackson-dataformat-protobuf</artifactId>\n  <version>%s</version>"
                .formatted(ours.group(1)));
  }
}
