package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object that another program wrote: each is checked as it is read, and those
 * that no reader asks for are ignored, as a newer version may have more.
 */
public final class JsonFields {
  private final JsonNode object;

  private JsonFields(@Nullable JsonNode object) throws MalformedException {
    if (object == null || !object.isObject()) {
      throw new MalformedException("there is no JSON object where one belongs");
    }
    this.object = object;
  }

  /** A field is missing or malformed; the message says which. */
  public static class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
      super(message, null, false, false);
    }
  }

  public static JsonFields parse(byte[] body) throws MalformedException {
    @Nullable JsonNode root; // null where the body has nothing but white space
    try (JsonParser json = Json.parser(Json.decode(body))) {
      root = Json.MAPPER.readTree(json);
    } catch (IOException e) {
      // Its message may quote the body, which another program wrote.
      throw new MalformedException("it is not JSON");
    }
    return new JsonFields(root);
  }

  public boolean has(String name) {
    return !object.path(name).isMissingNode() && !object.path(name).isNull();
  }

  public String text(String name, int charsMax) throws MalformedException {
    JsonNode value = object.path(name);
    if (!value.isTextual() || value.textValue().length() > charsMax) {
      throw new MalformedException(
          "'%s' is not a text of at most %d characters".formatted(name, charsMax));
    }
    return value.textValue();
  }

  public boolean flag(String name) throws MalformedException {
    JsonNode value = object.path(name);
    if (!value.isBoolean()) {
      throw new MalformedException("'%s' is not true or false".formatted(name));
    }
    return value.booleanValue();
  }

  public long number(String name, long min, long max) throws MalformedException {
    return number(name, object.path(name), min, max);
  }

  public int integer(String name, int min, int max) throws MalformedException {
    return (int) number(name, min, max);
  }

  private static long number(String name, JsonNode value, long min, long max)
      throws MalformedException {
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < min
        || value.longValue() > max) {
      throw new MalformedException(
          "'%s' is not an integer from %d to %d".formatted(name, min, max));
    }
    return value.longValue();
  }

  public List<JsonFields> objects(String name) throws MalformedException {
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode each : array(name)) {
      objects.add(new JsonFields(each));
    }
    return objects;
  }

  public JsonFields object(String name) throws MalformedException {
    return new JsonFields(object.path(name));
  }

  public List<Long> numbers(String name, long min, long max) throws MalformedException {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode each : array(name)) {
      numbers.add(number(name, each, min, max));
    }
    return numbers;
  }

  /**
   * @param countMax the most texts
   */
  public List<String> texts(String name, int countMax) throws MalformedException {
    JsonNode values = array(name);
    if (values.size() > countMax) {
      throw new MalformedException("'%s' has more than %d texts".formatted(name, countMax));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : values) {
      if (!each.isTextual()) {
        throw new MalformedException("'%s' has something that is no text".formatted(name));
      }
      texts.add(each.textValue());
    }
    return texts;
  }

  public List<Integer> partitions(String name) throws MalformedException {
    List<Integer> partitions = new ArrayList<>();
    for (long each : numbers(name, 0, Integer.MAX_VALUE)) {
      partitions.add((int) each);
    }
    return partitions;
  }

  private JsonNode array(String name) throws MalformedException {
    JsonNode array = object.path(name);
    if (!array.isArray()) {
      throw new MalformedException("'%s' is not an array".formatted(name));
    }
    return array;
  }

  /** Offsets by topic and partition; empty when the field is not there. */
  public SortedMap<String, SortedMap<Integer, Long>> offsetsByName(String name)
      throws MalformedException {
    SortedMap<String, SortedMap<Integer, Long>> offsets = new TreeMap<>();
    if (has(name)) {
      if (!object.path(name).isObject()) {
        throw new MalformedException("'%s' is not an object".formatted(name));
      }
      for (Map.Entry<String, JsonNode> entry : object.path(name).properties()) {
        offsets.put(entry.getKey(), offsets(name, entry.getValue()));
      }
    }
    return offsets;
  }

  /** Offsets by partition. */
  public SortedMap<Integer, Long> offsets(String name) throws MalformedException {
    return offsets(name, object.path(name));
  }

  private static SortedMap<Integer, Long> offsets(String name, JsonNode value)
      throws MalformedException {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    if (!value.isObject()) {
      throw new MalformedException("'%s' is not an object".formatted(name));
    }
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      try {
        offsets.put(
            Integer.parseInt(entry.getKey()), number(name, entry.getValue(), 0, Long.MAX_VALUE));
      } catch (NumberFormatException e) {
        throw new MalformedException("'%s' is not by partition".formatted(name));
      }
    }
    return offsets;
  }
}
