package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/**
 * Whether a command still prints what a page shows of it. Numbers differ from run to run, and so do
 * hashtags; fields, headings and words must be there.
 */
final class ShownOutput {
  private ShownOutput() {}

  static void check(DocBlock.Command command, String printed) throws IOException {
    String shown = String.join("\n", command.shown()).strip();
    if (shown.startsWith("{")) {
      ObjectMapper json = new ObjectMapper();
      fields(command.where(), json.readTree(shown), json.readTree(printed));
      return;
    }
    String actual = shape(printed);
    for (String line : command.shown()) {
      // A row with a hashtag is data; three dots stand for what is left out.
      if (!line.isBlank() && !line.contains("#") && !line.strip().equals("...")) {
        assertThat(actual).as("%s shows: %s", command.where(), line).contains(shape(line));
      }
    }
  }

  private static String shape(String text) {
    return text.replaceAll("\\d+([.,]\\d+)*", "0").replaceAll("[ \\t]+", " ").strip();
  }

  private static void fields(String where, JsonNode shown, JsonNode actual) {
    assertThat(actual.getNodeType()).as(where).isEqualTo(shown.getNodeType());
    if (shown.isArray() && !shown.isEmpty() && !actual.isEmpty()) {
      fields(where + "[]", shown.get(0), actual.get(0));
    }
    for (Map.Entry<String, JsonNode> field : shown.properties()) {
      if (field.getKey().matches("\\d+")) {
        continue; // by partition
      }
      assertThat(actual.has(field.getKey())).as("%s has %s", where, field.getKey()).isTrue();
      fields(where + "." + field.getKey(), field.getValue(), actual.path(field.getKey()));
    }
  }
}
