package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One entry of a problem's {@code errors}. */
public sealed interface Fault {
  /** Writes one JSON object. */
  void write(JsonGenerator json) throws IOException;

  /** How much of an answer it takes. */
  int chars();

  /**
   * @param parameter as it was given; the end of a long one is cut off
   * @param value as it was given; the end of a long one is cut off
   * @param allowed what would be accepted, for people
   * @param suggestion the known name that was probably meant, when the name is unknown
   */
  record OfParameter(String parameter, String value, String allowed, @Nullable String suggestion)
      implements Fault {
    public OfParameter {
      parameter = Faults.quote(parameter);
      value = Faults.quote(value);
    }

    @Override
    public int chars() {
      return parameter.length() + value.length() + allowed.length();
    }

    @Override
    public void write(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("parameter", parameter);
      json.writeStringField("value", value);
      json.writeStringField("allowed", allowed);
      if (suggestion != null) {
        json.writeStringField("suggestion", suggestion);
      }
      json.writeEndObject();
    }
  }

  /**
   * @param item index in the request, from 0
   * @param field of the post; empty when it is the post as a whole
   * @param detail the value found and the values allowed
   */
  record OfPost(int item, String field, String detail) implements Fault {
    @Override
    public int chars() {
      return field.length() + detail.length();
    }

    @Override
    public void write(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeNumberField("item", item);
      json.writeStringField("field", field);
      json.writeStringField("detail", detail);
      json.writeEndObject();
    }
  }
}
