package io.streamsocial.processor.views;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * Takes the emissions of one record. An emission is one change of one row: at an event time, of a
 * group where the view has groups, of a key, with one value a field in the order in which the view
 * declares them. The bytes are copied, so an extractor may use its buffers again at once.
 *
 * <p>An emission out of bounds throws {@link RejectedRecord}, and rejects the whole record even if
 * the extractor catches that:
 *
 * <ul>
 *   <li>time: epoch milliseconds, from 1970 to as far ahead of the clock as the engine allows
 *   <li>group: not null, 1 to 256 bytes of UTF-8 without 0x00; none in a view without groups
 *   <li>key: not null, 1 to 1024 bytes of any content
 *   <li>values: one a field; not negative in the field that rows are ranked by
 *   <li>bytes, in a view that keeps some: at most {@link Emissions#TAIL_BYTES_MAX}, and all of a
 *       record at most {@link Emissions#RECORD_TAILS_MAX}; none in another view
 *   <li>at most {@link Emissions#EMISSIONS_MAX} emissions a record
 * </ul>
 */
public interface Emitter {
  /**
   * The form for extractors that allocate nothing: each part is a piece of an array.
   *
   * @param groupLength 0 in a view without groups
   * @param values one a field
   */
  void emit(
      long timeMs,
      byte @Nullable [] group,
      int groupOffset,
      int groupLength,
      byte @Nullable [] key,
      int keyOffset,
      int keyLength,
      long @Nullable [] values);

  /**
   * The bytes of the next emission, of a view that keeps some ({@link ViewBuilder#latest}, {@link
   * ViewBuilder#aggregate}): {@code out.with(bytes).emit(timeMs, key)}.
   *
   * @param bytes read by that emission, not kept
   * @return this
   */
  Emitter with(byte[] bytes, int offset, int length);

  /** The same of a whole array. */
  default Emitter with(byte[] bytes) {
    return with(bytes, 0, bytes.length);
  }

  /** The same of a text, in UTF-8. */
  default Emitter with(String text) {
    return with(text.getBytes(UTF_8));
  }

  /** Of a view without groups. */
  default void emit(long timeMs, byte @Nullable [] key, long... values) {
    emit(timeMs, key, 0, 0, key, 0, length(key), values);
  }

  /** Of a view with groups. */
  default void emit(long timeMs, byte @Nullable [] group, byte @Nullable [] key, long... values) {
    emit(timeMs, group, 0, length(group), key, 0, length(key), values);
  }

  /** Of a view without groups; the key in UTF-8. */
  default void emit(long timeMs, @Nullable String key, long... values) {
    emit(timeMs, bytes(key), values);
  }

  /** Of a view with groups; group and key in UTF-8. */
  default void emit(long timeMs, @Nullable String group, @Nullable String key, long... values) {
    emit(timeMs, bytes(group), bytes(key), values);
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(UTF_8);
  }
}
