package io.streamsocial.processor.posts;

import static io.streamsocial.processor.Property.utf8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Makes posts of all kinds, some with bytes that are changed: most read well, many do not. */
final class OddPosts {
  private static final String[] NAMES = {
    "text", "text", "text", "region", "timestamp", "post_id", "user_id", "lang", "x", "likes",
    "texts", "regiom", "TEXT", "", "tex\\u0074", "ü", "n\\n", "user id", "timestam_", "post_iD"
  };
  private static final String[] ORDINARY_NAMES = {
    "text", "x", "region", "user_id", "timestamp", "post_id", "lang", "TEXT"
  };
  private static final String[] ORDINARY_VALUES = {
    "0", "-1.5e3", "12", "true", "false", "null", "\"en\"", "[]", "{\"a\":[1,{}]}", "\"\\u00e9\\n\""
  };
  private static final String[] WORDS = {
    "#java",
    "#Java",
    "#JAVA_17",
    "a#b",
    "##",
    "#",
    "# ",
    "#ü",
    "#Über",
    "#ΟΔΟΣ",
    "#\u0130x",
    "ok",
    "http://x/#no",
    "https://x.y/a#b ",
    "a:b",
    ":/",
    "::",
    ":#c",
    "//",
    "🎉",
    "#🎉",
    "🎉#party",
    "❤\uFE0F#java",
    "#\uFE0F\u20E3",
    "＃タグ",
    "#日本",
    "日#x",
    "é#y",
    "e\u0301#z",
    "#a\u0301",
    "\u00A0",
    "\u2003",
    "\u3000",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\f",
    "\b",
    "\u0000",
    "\u007F",
    "\"",
    "\\",
    "/",
    "#a\u200Bb",
    "#tag_1,",
    "(#x)",
    "#1",
    "#_",
    "#" + "a".repeat(100),
    "#" + "a".repeat(101),
    "#" + "é".repeat(100),
    "#" + "é".repeat(101),
    "#" + "𐐨".repeat(100),
    "#" + "ab".repeat(60),
    "word",
    "just landed and the weather is better",
    "\uFFFD",
    "\uFFFD#x"
  };
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "1",
    "-1",
    "12",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "-",
    "+1",
    "1762999990000",
    "1762999990000.7",
    "1.763e12",
    "978307199999",
    "1763000000",
    "-5",
    "999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "NaN",
    "-Infinity",
    "1x",
    "0x10",
    "1".repeat(99),
    "1".repeat(101),
    "1".repeat(1001)
  };
  private static final String[] LITERALS = {
    "null",
    "null",
    "true",
    "false",
    "nul",
    "nulll",
    "True",
    "{}",
    "[]",
    "[1,2]",
    "{\"a\":1}",
    "[[[]]]",
    "[{\"text\":\"#no\"},{}]",
    "{\"text\":\"#no\",\"y\":[null,\"\\u00e9\"]}",
    "[1,]",
    "[,1]",
    "{\"a\"}",
    "{\"a\":}",
    "{,}",
    "[1 2]",
    "{\"a\":1,}",
    "[\"\\x\"]",
    "[}",
    "{]",
    "[".repeat(59) + "]".repeat(59),
    "[".repeat(61) + "]".repeat(61),
    "[".repeat(999) + "]".repeat(999),
    "[".repeat(1200) + "]".repeat(1200),
    "{\"a\":".repeat(40) + "0" + "}".repeat(40)
  };
  private static final String[] SPACES = {"", "", "", "", " ", "\n", "\r\n", "\t ", "\u000B"};
  private static final byte[][] PIECES = {
    utf8("\\u0041"),
    utf8("\\ud83d"),
    utf8("\\ud83d\\udc4d"),
    utf8("\\"),
    utf8("\""),
    utf8("#"),
    utf8("://"),
    utf8("＃"),
    utf8("null"),
    utf8("1e5"),
    utf8("00"),
    utf8("-"),
    utf8("{"),
    utf8("}"),
    utf8("["),
    utf8("]"),
    utf8(","),
    utf8(":"),
    utf8("\uFEFF"),
    utf8("\"text\":\"#x\","),
    utf8("/*c*/"),
    hex("C328"),
    hex("C0AF"),
    hex("EDA080"),
    hex("F5808080"),
    hex("F4908080"),
    hex("E08080"),
    hex("F0808080"),
    hex("E281"),
    hex("F09F98"),
    hex("80"),
    hex("FF"),
    hex("00"),
    hex("1F"),
    hex("7F")
  };

  private final SplittableRandom random;

  OddPosts(SplittableRandom random) {
    this.random = random;
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private String of(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  byte[] next() {
    StringBuilder json = new StringBuilder(of(SPACES)).append('{');
    boolean isOrdinary = random.nextInt(8) > 0;
    int fields = random.nextInt(isOrdinary ? 1 : 0, ORDINARY_NAMES.length + 1);
    // So that the text, which is the first, is among them.
    int first = ORDINARY_NAMES.length - random.nextInt(Math.max(1, fields));
    for (int i = 0; i < fields; i++) {
      json.append(i > 0 ? "," : "").append(isOrdinary ? " " : of(SPACES));
      boolean isNew = isOrdinary && random.nextInt(16) > 0;
      String name = isNew ? ORDINARY_NAMES[(first + i) % ORDINARY_NAMES.length] : of(NAMES);
      json.append('"').append(name).append("\":").append(isOrdinary ? " " : of(SPACES));
      json.append(isOrdinary ? ordinary(name) : value());
    }
    json.append('}').append(of(SPACES));
    byte[] post = utf8(json.toString());
    for (int i = random.nextInt(6) - 3; i > 0 && post.length > 0; i--) {
      post = mutate(post);
    }
    return post;
  }

  private String ordinary(String name) {
    if (random.nextInt(16) == 0) {
      return value();
    }
    return switch (name) {
      case "region", "user_id", "post_id" ->
          '"' + "region-EU-üñ日".substring(0, random.nextInt(14)) + '"';
      case "timestamp" -> "17629999" + random.nextInt(10_000, 99_999);
      case "text" -> string();
      default -> of(ORDINARY_VALUES);
    };
  }

  private String value() {
    return switch (random.nextInt(4)) {
      case 0 -> of(NUMBERS);
      case 1 -> of(LITERALS);
      default -> string();
    };
  }

  /** Any of its characters may be escaped; those that must be are, most often. */
  private String string() {
    StringBuilder string = new StringBuilder("\"");
    int escapes = random.nextInt(3) == 0 ? 4 : 1_000;
    for (int i = random.nextInt(9); i > 0; i--) {
      for (char c : of(WORDS).toCharArray()) {
        boolean isForbidden = c < ' ' || c == '"' || c == '\\';
        if (isForbidden ? random.nextInt(100) > 0 : random.nextInt(escapes) == 0) {
          escape(c, string);
        } else {
          string.append(c);
        }
      }
      string.append(random.nextBoolean() ? " " : "");
    }
    return string.append('"').toString();
  }

  private void escape(char c, StringBuilder to) {
    int simple = "\b\f\n\r\t\"\\/".indexOf(c);
    if (simple >= 0 && random.nextBoolean()) {
      to.append('\\').append("bfnrt\"\\/".charAt(simple));
    } else {
      to.append(random.nextBoolean() ? "\\u%04x".formatted((int) c) : "\\u%04X".formatted((int) c));
    }
  }

  private byte[] mutate(byte[] post) {
    int at = random.nextInt(post.length);
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(post, at);
      case 1 -> replaced(post, at, at + 1, new byte[0]);
      case 2 -> replaced(post, at, at + 1, new byte[] {(byte) random.nextInt()});
      case 3 -> replaced(post, at, at, PIECES[random.nextInt(PIECES.length)]);
      case 4 ->
          replaced(post, at, at, Arrays.copyOfRange(post, at, random.nextInt(at, post.length)));
      default -> {
        byte[] changed = post.clone();
        changed[at] ^= (byte) (1 << random.nextInt(8));
        yield changed;
      }
    };
  }

  private static byte[] replaced(byte[] post, int from, int to, byte[] by) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(post, 0, from);
    out.write(by, 0, by.length);
    out.write(post, to, post.length - to);
    return out.toByteArray();
  }
}
