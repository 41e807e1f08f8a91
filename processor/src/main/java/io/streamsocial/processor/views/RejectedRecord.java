package io.streamsocial.processor.views;

import java.util.regex.Pattern;

/**
 * Thrown by an {@link Extractor}: the record cannot be counted, and none of its emissions is. It
 * goes to the topic of rejected records, in the same transaction as what the others count. It has
 * no stack trace, because a flood of bad records must not cost one each.
 */
public final class RejectedRecord extends RuntimeException {
  /** The reason of a record whose extractor threw another exception, or an error. */
  public static final String EXTRACTOR_FAILED = "extractor_failed";

  /** {@code null}, or not of 1 to 1024 bytes. */
  static final String BAD_KEY = "bad_key";

  /** Not UTF-8 without 0x00, too long, or missing. */
  static final String BAD_GROUP = "bad_group";

  /** Before 1970, or too far ahead of the clock. */
  public static final String BAD_TIME = "bad_time";

  /**
   * Not one value a field, or a negative one where rows are ranked by it; bytes that are missing,
   * too many, or not the view's.
   */
  static final String BAD_VALUE = "bad_value";

  /** More than {@link Emissions#EMISSIONS_MAX}. */
  static final String TOO_MANY_EMISSIONS = "too_many_emissions";

  private static final long serialVersionUID = 1;
  private static final Pattern REASON = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  private final String reason;

  /**
   * @param reason for machines, one of few: it goes to the topic of rejected records. A small
   *     letter, then at most 63 of the characters a-z 0-9 _
   * @param detail for people: what was found and what is allowed
   * @throws IllegalArgumentException the reason has another form
   */
  public RejectedRecord(String reason, String detail) {
    super(detail, null, false, false);
    if (!REASON.matcher(reason).matches()) {
      throw new IllegalArgumentException(
          "the reason '%s': begin with a small letter, go on with at most 63 of a-z 0-9 _"
              .formatted(reason));
    }
    this.reason = reason;
  }

  /** For machines. */
  public String reason() {
    return reason;
  }

  /** For people. */
  public String detail() {
    return String.valueOf(getMessage());
  }
}
