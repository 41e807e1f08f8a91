package io.streamsocial.processor.posts;

import io.streamsocial.processor.views.RejectedRecord;

/**
 * Why a post, or another input record, cannot be counted.
 *
 * @param reason for machines
 * @param label the same, as the header of the rejected record says it: of a view its extractor's
 *     own reason
 * @param detail for people: what was found and what is allowed
 */
public record Rejection(Reason reason, String label, String detail) {
  public Rejection(Reason reason, String detail) {
    this(reason, reason.label(), detail);
  }

  /** The extractor of a view has rejected it. */
  public static Rejection byView(String view, RejectedRecord rejected) {
    return new Rejection(
        Reason.BY_VIEW, rejected.reason(), "view %s: %s".formatted(view, rejected.detail()));
  }

  /** Closed set: each is a metric label, and most are the rejected record's reason header. */
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
    TIMESTAMP_IN_FUTURE("timestamp_in_future", "timestamp"),
    BY_VIEW("by_view", "");

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
