package io.streamsocial.processor.posts;

/**
 * Why a post cannot be counted.
 *
 * @param reason for machines
 * @param detail for people: what was found and what is allowed
 */
public record Rejection(Reason reason, String detail) {

  /** Closed set: each is a metric label and the value of the rejected record's reason header. */
  public enum Reason {
    EMPTY("empty", ""),
    TOO_LARGE("too_large", ""),
    NOT_JSON("not_json", ""),
    NOT_AN_OBJECT("not_an_object", ""),
    NO_TEXT("no_text", "text"),
    BAD_TEXT("bad_text", "text"),
    BAD_REGION("bad_region", "region"),
    BAD_TIMESTAMP("bad_timestamp", "timestamp"),
    TIMESTAMP_NEGATIVE("timestamp_negative", "timestamp"),
    TIMESTAMP_IN_SECONDS("timestamp_in_seconds", "timestamp"),
    TIMESTAMP_IN_FUTURE("timestamp_in_future", "timestamp");

    private final String label;
    private final String field;

    Reason(String label, String field) {
      this.label = label;
      this.field = field;
    }

    public String label() {
      return label;
    }

    /** The post's field at fault, or empty when it is the post as a whole. */
    public String field() {
      return field;
    }
  }
}
