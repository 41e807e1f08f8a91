package io.streamsocial.processor.posts;

import static io.streamsocial.processor.Property.utf8;
import static io.streamsocial.processor.posts.PostParserTest.FUTURE;
import static io.streamsocial.processor.posts.PostParserTest.MAX_BYTES;
import static io.streamsocial.processor.posts.PostParserTest.NOW;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.streamsocial.processor.posts.Rejection.Reason;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Posts that are rejected, each with its reason. */
final class BadPosts {
  private BadPosts() {}

  static Stream<Arguments> all() {
    return Stream.of(syntax(), sizes(), encodings(), objects(), regions(), times())
        .flatMap(posts -> posts);
  }

  private static Arguments bad(String what, byte[] post, Reason reason) {
    return arguments(what, post, reason);
  }

  private static Arguments bad(String what, String post, Reason reason) {
    return bad(what, utf8(post), reason);
  }

  private static Arguments badTime(String timestamp, Reason reason) {
    return bad(
        "timestamp " + timestamp, "{\"text\":\"#a\",\"timestamp\":" + timestamp + "}", reason);
  }

  private static Arguments badRegion(String what, String json) {
    return bad(what, "{\"text\":\"#a\",\"region\":" + json + "}", Reason.BAD_REGION);
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** Bytes that are no JSON object. */
  private static Stream<Arguments> syntax() {
    return Stream.of(
        bad("nothing", "", Reason.EMPTY),
        bad("only space", " \t\r\n ", Reason.EMPTY),
        bad("a word", "hello", Reason.NOT_JSON),
        bad("no JSON", "\u0001\u0002", Reason.NOT_JSON),
        bad("a comment", "/* {} */", Reason.NOT_JSON),
        bad("single quotes", "{'text':'#a'}", Reason.NOT_JSON),
        bad("a name without quotes", "{text:\"#a\"}", Reason.NOT_JSON),
        bad("a comma too many", "{\"text\":\"#a\",}", Reason.NOT_JSON),
        bad("no colon", "{\"text\" \"#a\"}", Reason.NOT_JSON),
        bad("cut in a name", "{\"te", Reason.NOT_JSON),
        bad("cut in a text", "{\"text\":\"#a", Reason.NOT_JSON),
        bad("cut in an escape", "{\"text\":\"#a\\u00", Reason.NOT_JSON),
        bad("cut before the end", "{\"text\":\"#a\"", Reason.NOT_JSON),
        bad("cut behind an object", "{\"text\":\"#a\",\"x\":{\"y\":1}", Reason.NOT_JSON),
        bad("cut behind an array", "{\"text\":\"#a\",\"x\":[{}]", Reason.NOT_JSON),
        bad("wrong escape", "{\"text\":\"#a\\x\"}", Reason.NOT_JSON),
        bad("a control character in a text", "{\"text\":\"#a\n\"}", Reason.NOT_JSON),
        bad("NaN", "{\"text\":\"#a\",\"x\":NaN}", Reason.NOT_JSON),
        bad("NaN as a time", "{\"text\":\"#a\",\"timestamp\":NaN}", Reason.NOT_JSON),
        bad("infinity", "{\"text\":\"#a\",\"timestamp\":-Infinity}", Reason.NOT_JSON),
        bad("a number with a leading zero", "{\"text\":\"#a\",\"x\":01}", Reason.NOT_JSON),
        bad("a second object", "{\"text\":\"#a\"}{\"text\":\"#b\"}", Reason.NOT_JSON),
        bad("a word behind", "{\"text\":\"#a\"} x", Reason.NOT_JSON),
        bad("a long word behind", "{\"text\":\"#a\"} trailing", Reason.NOT_JSON),
        bad("half a word behind", "{\"text\":\"#a\"} tru", Reason.NOT_JSON),
        bad("a word without a space behind", "{\"text\":\"#a\"}nul", Reason.NOT_JSON),
        bad("a number behind", "{\"text\":\"#a\"} 12", Reason.NOT_JSON),
        bad("an open object behind", "{\"text\":\"#a\"} {", Reason.NOT_JSON),
        bad("one bracket too many", "{\"text\":\"#a\"}}", Reason.NOT_JSON),
        bad("the wrong bracket", "{\"text\":\"#a\"]", Reason.NOT_JSON));
  }

  /** Nesting, names, numbers and posts that are too large. */
  private static Stream<Arguments> sizes() {
    return Stream.of(
        bad(
            "10,000 deep",
            "{\"x\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}",
            Reason.NOT_JSON),
        bad("10,000 deep and open", "{\"x\":".repeat(10_000), Reason.NOT_JSON),
        bad(
            "a name of 100,000",
            "{\"" + "n".repeat(100_000) + "\":1,\"text\":\"\"}",
            Reason.NOT_JSON),
        bad(
            "a number of 10,000 digits",
            "{\"timestamp\":" + "9".repeat(10_000) + "}",
            Reason.NOT_JSON),
        bad(
            "one byte too large",
            "{\"text\":\"" + "x".repeat(MAX_BYTES - 10) + "\"}",
            Reason.TOO_LARGE),
        bad("10 MB", "{\"text\":\"" + "x".repeat(10 << 20) + "\"}", Reason.TOO_LARGE));
  }

  /** Bytes that are no UTF-8. */
  private static Stream<Arguments> encodings() {
    return Stream.of(
        bad("UTF-8 with a stray continuation", hex("7B2274657874223A22 80 227D"), Reason.NOT_JSON),
        bad("UTF-8 cut in a character", hex("7B2274657874223A22 C3 227D"), Reason.NOT_JSON),
        bad("UTF-8 that does not exist", hex("7B2274657874223A22 FF FE 227D"), Reason.NOT_JSON),
        bad("UTF-8 cut at the end", hex("7B2274657874223A22 E3 81"), Reason.NOT_JSON),
        bad("bad UTF-8 in an unknown field", hex("7B2278223A22 C3 28 227D"), Reason.NOT_JSON),
        bad("gzip", hex("1F8B0800000000000003"), Reason.NOT_JSON),
        // Zero bytes in front read as UTF-32 or UCS-4 to a JSON parser that guesses the encoding.
        bad("a schema registry's header", hex("00 00000007 02 0A 68656C6C6F"), Reason.NOT_JSON),
        bad("broken UTF-32", hex("0000007B 7FFFFFFF"), Reason.NOT_JSON),
        bad("cut UTF-32", hex("0000007B 00"), Reason.NOT_JSON),
        bad("UCS-4 in an order of its own", hex("007B0000 00220000"), Reason.NOT_JSON),
        bad("UCS-4 in another order", hex("00007B00 00002200"), Reason.NOT_JSON),
        bad("a mark of a strange order", hex("0000FFFE 00000000"), Reason.NOT_JSON),
        bad("zeros", new byte[64], Reason.NOT_JSON));
  }

  /** Values that are no post. */
  private static Stream<Arguments> objects() {
    return Stream.of(
        bad("null", "null", Reason.NOT_AN_OBJECT),
        bad("a number", "17", Reason.NOT_AN_OBJECT),
        bad("a string", "\"#a\"", Reason.NOT_AN_OBJECT),
        bad("an array", "[{\"text\":\"#a\"}]", Reason.NOT_AN_OBJECT),
        bad("true", "true", Reason.NOT_AN_OBJECT),
        bad("an empty object", "{}", Reason.NO_TEXT),
        bad("another object", "{\"user\":\"#a\",\"x\":{\"text\":\"#a\"}}", Reason.NO_TEXT),
        bad("text in capitals", "{\"TEXT\":\"#a\"}", Reason.NO_TEXT),
        bad("text is null", "{\"text\":null}", Reason.NO_TEXT),
        bad("text is null at last", "{\"text\":\"#a\",\"text\":null}", Reason.NO_TEXT),
        bad("text is a number", "{\"text\":1}", Reason.BAD_TEXT),
        bad("text is an array", "{\"text\":[\"#a\"]}", Reason.BAD_TEXT),
        bad("text is an object", "{\"text\":{\"text\":\"#a\"}}", Reason.BAD_TEXT),
        bad("text is a boolean", "{\"text\":true}", Reason.BAD_TEXT));
  }

  /** Regions that are not counted. */
  private static Stream<Arguments> regions() {
    return Stream.of(
        badRegion("region is a number", "1"),
        badRegion("region is an array", "[\"EU\"]"),
        badRegion("region is an object", "{}"),
        badRegion("NUL in the region", "\"EU\\u0000West\""),
        badRegion("only NUL in the region", "\"\\u0000\""),
        badRegion("region of 65 bytes", "\"" + "r".repeat(65) + "\""),
        badRegion("region of 33 characters and 66 bytes", "\"" + "é".repeat(33) + "\""),
        badRegion("region of 1 MB", "\"" + "r".repeat(1_000_000) + "\""));
  }

  /** Times that are not counted. */
  private static Stream<Arguments> times() {
    return Stream.of(
        badTime("-1", Reason.TIMESTAMP_NEGATIVE),
        badTime("-9223372036854775808", Reason.TIMESTAMP_NEGATIVE),
        badTime("-0.5", Reason.TIMESTAMP_NEGATIVE),
        badTime("0", Reason.TIMESTAMP_IN_SECONDS),
        badTime("1763000000", Reason.TIMESTAMP_IN_SECONDS),
        badTime("1763000000.123", Reason.TIMESTAMP_IN_SECONDS),
        badTime("978307199999", Reason.TIMESTAMP_IN_SECONDS),
        badTime(Long.toString(NOW + FUTURE + 1), Reason.TIMESTAMP_IN_FUTURE),
        badTime(Long.toString(NOW + 3_600_000), Reason.TIMESTAMP_IN_FUTURE),
        badTime("4070908800000", Reason.TIMESTAMP_IN_FUTURE),
        badTime("9223372036854775807", Reason.TIMESTAMP_IN_FUTURE),
        badTime("1e18", Reason.TIMESTAMP_IN_FUTURE),
        badTime("9223372036854775808", Reason.BAD_TIMESTAMP),
        badTime("-9223372036854775809", Reason.BAD_TIMESTAMP),
        badTime("1e19", Reason.BAD_TIMESTAMP),
        badTime("1e999999", Reason.BAD_TIMESTAMP),
        badTime("\"1763000000000\"", Reason.BAD_TIMESTAMP),
        badTime("\"2025-11-13T02:13:20Z\"", Reason.BAD_TIMESTAMP),
        badTime("true", Reason.BAD_TIMESTAMP),
        badTime("[]", Reason.BAD_TIMESTAMP),
        badTime("{\"$date\":1763000000000}", Reason.BAD_TIMESTAMP));
  }
}
