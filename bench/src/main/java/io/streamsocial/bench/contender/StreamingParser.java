package io.streamsocial.bench.contender;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a good engineer writes for this job in an afternoon: streaming JSON, a scan for '#',
 * strings. For the peers that are not ours. Not thread-safe.
 */
final class StreamingParser {
  private static final JsonFactory JSON = new JsonFactory();

  private final boolean ofUsers;
  private final List<String> tags = new ArrayList<>();
  private String user = "";
  private String text = "";
  private String region = "";
  private long timestampMs;

  /**
   * @param ofUsers whether users are wanted, and hashtags are not looked for
   */
  private StreamingParser(boolean ofUsers) {
    this.ofUsers = ofUsers;
  }

  static StreamingParser ofHashtags() {
    return new StreamingParser(false);
  }

  static StreamingParser ofUsers() {
    return new StreamingParser(true);
  }

  void parse(byte[] post) {
    tags.clear();
    try (JsonParser json = JSON.createParser(post)) {
      json.nextToken();
      for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
        JsonToken token = json.nextToken();
        switch (field) {
          case "text" -> {
            if (ofUsers) {
              text = json.getText();
            } else {
              scan(json.getText());
            }
          }
          case "user_id" -> {
            if (ofUsers) {
              user = json.getText();
            }
          }
          case "region" -> region = json.getText();
          case "timestamp" -> timestampMs = json.getLongValue();
          default -> {
            if (token.isStructStart()) {
              json.skipChildren();
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void scan(String text) {
    for (int at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at)) {
      int end = ++at;
      while (end < text.length()
          && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) {
        end++;
      }
      if (end > at) {
        tags.add(text.substring(at, end).toLowerCase(Locale.ROOT));
      }
      at = end;
    }
  }

  List<String> tags() {
    return tags;
  }

  String user() {
    return user;
  }

  String text() {
    return text;
  }

  String region() {
    return region;
  }

  long timestampMs() {
    return timestampMs;
  }
}
