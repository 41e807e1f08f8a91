package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The faults of one request, or its warnings: it keeps the first of them, as many as a person would
 * read, and counts the others. Not thread-safe.
 */
public final class Faults {
  private static final int LISTED_MAX = 100;
  private static final int CHARS_MAX = 16_384;
  private static final int QUOTED_MAX = 100;

  private final List<Fault> listed = new ArrayList<>();
  private int chars;
  private int count;

  public static Faults of(Fault only) {
    Faults faults = new Faults();
    faults.add(only);
    return faults;
  }

  public void add(Fault fault) {
    count++;
    if (count == listed.size() + 1
        && listed.size() < LISTED_MAX
        && chars + fault.chars() <= CHARS_MAX) {
      chars += fault.chars();
      listed.add(fault);
    }
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /** All of them. */
  public int count() {
    return count;
  }

  /** Those that are kept, in their order. */
  public List<Fault> listed() {
    return List.copyOf(listed);
  }

  /**
   * Writes two fields: the list, and with {@code _unlisted} behind the name how many more there
   * are, when there are.
   */
  public void write(JsonGenerator json, String name) throws IOException {
    json.writeArrayFieldStart(name);
    for (Fault fault : listed) {
      fault.write(json);
    }
    json.writeEndArray();
    if (count > listed.size()) {
      json.writeNumberField(name + "_unlisted", count - listed.size());
    }
  }

  /** "3 to correct", and how many of them the answer lists. */
  public String summary() {
    String rest =
        count == listed.size()
            ? "see errors"
            : "the first %d are in errors".formatted(listed.size());
    return "%d to correct: %s".formatted(count, rest);
  }

  /** What a client sent, as far as an answer quotes it. */
  public static String quote(String sent) {
    if (sent.length() <= QUOTED_MAX) {
      return sent;
    }
    int end = Character.isHighSurrogate(sent.charAt(QUOTED_MAX - 1)) ? QUOTED_MAX - 1 : QUOTED_MAX;
    return sent.substring(0, end) + "…";
  }
}
