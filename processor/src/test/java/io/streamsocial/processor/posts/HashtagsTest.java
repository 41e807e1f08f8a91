package io.streamsocial.processor.posts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.processor.Property;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HashtagsTest {
  private final Hashtags hashtags = new Hashtags();

  private List<String> tags(String text) {
    // In the middle of a longer array, as a record hands it over: neighbours must not leak in.
    TextBuffer buffer = new TextBuffer();
    char[] chars = ("#x" + text + "y#z").toCharArray();
    buffer.set(chars, 0, chars.length);
    hashtags.scan(buffer.bytes(), 2, buffer.length() - 5);
    return TagsByChars.found(hashtags);
  }

  @Test
  void aTagIsWhatFollowsTheSignUpToTheFirstOtherCharacter() {
    assertThat(tags("#java")).containsExactly("java");
    assertThat(tags("so #java, #kafka! (#rocks_db) #k8s-x"))
        .containsExactly("java", "kafka", "rocks_db", "k8s");
    assertThat(tags("a\n#b\t#c")).containsExactly("b", "c");
  }

  @Test
  void aTextWithoutTagsHasNone() {
    assertThat(tags("")).isEmpty();
    assertThat(tags("no tag here")).isEmpty();
    assertThat(tags("#")).isEmpty();
    assertThat(tags("# # #! #- ##")).isEmpty();
  }

  @Test
  void whatLooksLikeATagAndIsNoneIsCounted() {
    assertThat(tags("a#b #c")).containsExactly("c");
    assertThat(hashtags.missed()).isEqualTo(1);
    assertThat(tags("#\uD83C\uDF89 #c#d")).containsExactly("c");
    assertThat(hashtags.missed()).isEqualTo(2);
    assertThat(tags("# ## #! C# F#, #\uFE0F\u20E3 https://a/b#c https://a/#d")).isEmpty();
    assertThat(hashtags.missed()).isZero();
  }

  @Test
  void lettersMarksDigitsAndUnderscoreOfAnyScriptAreWordCharacters() {
    assertThat(tags("#日本語タグ #тренд #ελληνικά #한국어"))
        .containsExactly("日本語タグ", "тренд", "ελληνικά", "한국어");
    // Devanagari needs its marks, spacing and non-spacing ones.
    assertThat(tags("#हिन्दी!")).containsExactly("हिन्दी");
    assertThat(tags("#cafe\u0301")).containsExactly("caf\u00E9");
    assertThat(tags("#\u0661\u0662\u0663")).containsExactly("\u0661\u0662\u0663");
    assertThat(tags("#2025 #_ #__init__")).containsExactly("2025", "_", "__init__");
    // Beyond the basic plane: Deseret and mathematical letters are two chars each.
    assertThat(tags("#\uD801\uDC28x #𝒳")).containsExactly("\uD801\uDC28x", "𝒳");
  }

  @Test
  void numbersOfAllKindsAreWordCharacters() {
    assertThat(tags("#a½ #b² #〇 #Ⅷ #①")).containsExactly("a½", "b²", "〇", "ⅷ", "①");
    assertThat(tags("½#a ²#b")).isEmpty();
  }

  @Test
  void theCasesThatWereAnsweredWronglyAreRight() throws IOException {
    JsonNode cases = cases("hashtags.json");
    assertThat(cases.size()).isPositive();
    for (JsonNode each : cases) {
      List<String> right = new ArrayList<>();
      each.path("right").forEach(tag -> right.add(tag.textValue()));
      String text = each.path("text").textValue();
      assertThat(tags(text)).as(text).isEqualTo(right);
      // The same where the whole text is read character by character.
      assertThat(tags("é " + text)).as(text).isEqualTo(right);
    }
  }

  static JsonNode cases(String name) throws IOException {
    try (InputStream in = HashtagsTest.class.getResourceAsStream("cases/" + name)) {
      return new ObjectMapper().readTree(in);
    }
  }

  @Test
  void aJoinerBelongsToAWordBetweenTwoOfItsCharacters() {
    for (String joiner : List.of("\u200C", "\u200D")) {
      assertThat(tags("#می" + joiner + "روم!")).containsExactly("می" + joiner + "روم");
      assertThat(tags("#ab" + joiner + " #cd" + joiner)).containsExactly("ab", "cd");
      assertThat(tags("#ab" + joiner + joiner + "cd")).containsExactly("ab");
      assertThat(tags("#" + joiner + "cd #ab" + joiner + "🎉")).containsExactly("ab");
      assertThat(tags("#ab" + joiner + "#cd")).containsExactly("ab", "cd");
    }
  }

  @Test
  void aCharacterReferenceIsNoTag() {
    assertThat(tags("&#39; &#x27;s it&#39;s é&#39;")).isEmpty();
    assertThat(hashtags.missed()).isZero();
    assertThat(tags("&#39;#a &amp;#b & #c &＃d")).containsExactly("a", "b", "c", "d");
  }

  @Test
  void canonicallyEqualTagsAreOne() {
    assertThat(tags("#E\u0301TE\u0301 #ÉTÉ #\u212B #\u1112\u1161\u11AB #H\u0331"))
        .containsExactly("été", "été", "å", "한", "\u1E96");
    assertThat(tags("#q\u0323\u0307 #q\u0307\u0323"))
        .containsExactly("q\u0323\u0307", "q\u0323\u0307");
    // The length that counts is that of the composed form.
    assertThat(tags("#" + "e\u0301".repeat(100))).containsExactly("é".repeat(100));
    assertThat(tags("#" + "\u1FB6\u0345".repeat(100))).containsExactly("\u1FB7".repeat(100));
    assertThat(tags("#" + "e\u0301".repeat(101))).isEmpty();
    assertThat(hashtags.oversized()).isEqualTo(1);
  }

  @Test
  void whatIsTakenForComposedIs() {
    int[] taken = IntStream.range(0, 0x110000).filter(Hashtags::isComposed).toArray();
    assertThat(taken).hasSizeGreaterThan(30_000);
    Set<Integer> second = new HashSet<>();
    for (int c = 0; c < 0x110000; c++) {
      if (c < 0xD800 || c > 0xDFFF) {
        Normalizer.normalize(Character.toString(c), Normalizer.Form.NFD)
            .codePoints()
            .skip(1)
            .forEach(second::add);
      }
    }
    for (int c : taken) {
      assertThat(
              Normalizer.isNormalized(Character.toString(c), Normalizer.Form.NFC)
                  && !second.contains(c))
          .as("U+%04X", c)
          .isTrue();
    }
    Property.holds(
        1_000,
        random -> {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < 20; i++) {
            text.appendCodePoint(
                taken[random.nextInt(random.nextBoolean() ? 2_000 : taken.length)]);
          }
          assertThat(Normalizer.isNormalized(text, Normalizer.Form.NFC)).isTrue();
        });
  }

  @Test
  void aTagThatNoPostCanHaveIsNamedWithItsReason() {
    assertThat(Hashtags.whyNone("#")).hasValueSatisfying(why -> assertThat(why).contains("empty"));
    assertThat(Hashtags.whyNone("")).isPresent();
    for (String typed :
        List.of("a b", " ", "##a", "🎉", "a🎉", "\u0301a", "a\u200D", "a/b", "&a")) {
      assertThat(Hashtags.whyNone(typed))
          .as(typed)
          .hasValueSatisfying(why -> assertThat(why).startsWith("U+"));
    }
    assertThat(Hashtags.whyNone("x".repeat(101)))
        .hasValueSatisfying(why -> assertThat(why).contains("100"));
    for (String typed : List.of("#Java", "＃日本", "می\u200Cروم", "e\u0301".repeat(100), "mc²")) {
      assertThat(Hashtags.whyNone(typed)).as(typed).isEmpty();
    }
    Property.holds(1_000, random -> assertThat(Hashtags.whyNone("#" + anyCase(random))).isEmpty());
  }

  @Test
  void tagsAreLowerCasedInAnyScript() {
    assertThat(tags("#JAVA #JaVa #ÉTÉ #ТРЕНД")).containsExactly("java", "java", "été", "тренд");
    assertThat(tags("#\uD801\uDC00")).containsExactly("\uD801\uDC28");
  }

  @Test
  void lowerCaseIsTheRootLocalesWhateverTheMachines() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertThat(tags("#ISTANBUL #TITLE")).containsExactly("istanbul", "title");
      assertThat(tags("#ÉI")).containsExactly("éi");
      // Dotted capital I is i and a combining dot in the root locale, a plain i in Turkish.
      assertThat(tags("#\u0130")).containsExactly("i\u0307");
      assertThat(Hashtags.fold("I\u0130")).isEqualTo(Property.utf8("ii\u0307"));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void sharpSStaysAndItsCapitalBecomesIt() {
    assertThat(tags("#straße #STRA\u1E9EE #STRASSE"))
        .containsExactly("straße", "straße", "strasse");
  }

  @Test
  void aSignInsideAWordStartsNoTag() {
    assertThat(tags("a#b")).isEmpty();
    assertThat(tags("1#b é#b あ#b _#b")).isEmpty();
    assertThat(tags("\uD801\uDC28#b")).isEmpty();
    assertThat(tags("mail@host#part")).isEmpty();
    assertThat(tags("a.#b a-#c")).containsExactly("b", "c");
  }

  @Test
  void ofTagsWithoutASpaceOnlyTheFirstCounts() {
    assertThat(tags("#a#b")).containsExactly("a");
    assertThat(tags("#a#b #c")).containsExactly("a", "c");
    assertThat(tags("#a,#b")).containsExactly("a", "b");
  }

  @Test
  void ofSeveralSignsTheLastOneCounts() {
    assertThat(tags("##tag ###more")).containsExactly("tag", "more");
  }

  @Test
  void aFragmentInAUrlIsNoTag() {
    assertThat(tags("https://example.org/#frag")).isEmpty();
    assertThat(tags("see http://example.org/a?b=c#d/#e #real")).containsExactly("real");
    assertThat(tags("http://x/#a\n#b http://y\u3000#c")).containsExactly("b", "c");
    assertThat(tags("é http://x/a,#b?c=[d]&#e")).isEmpty();
  }

  @Test
  void aUrlEndsWhereRfc3986EndsIt() {
    assertThat(tags("https://x.example/a、#観光 <https://x/a>#b \"https://x/a\"#c"))
        .containsExactly("観光", "b", "c");
    assertThat(tags("(https://x/a)#b [https://x/a]#c ((https://x/a))#d"))
        .containsExactly("b", "c", "d");
    assertThat(tags("https://x/a_(b)#c (https://x/a_(b)#c)#d")).containsExactly("d");
    // No bracket is open before these.
    assertThat(tags("https://x/a)#b () https://x/a)#c (http://y) https://x/a]#d")).isEmpty();
    assertThat(tags("https://x/a#b/#c http://y/日本#d http://z/、#e")).containsExactly("e");
  }

  @Test
  void otherColonsStartNoUrl() {
    assertThat(tags("12:30 #time a:/#b ://")).containsExactly("time", "b");
  }

  @Test
  void theFullWidthSignStartsATagToo() {
    assertThat(tags("＃日本 ＃Java a＃b #a＃b")).containsExactly("日本", "java", "a");
  }

  @Test
  void emojiAndSymbolsEndATagAndStartNone() {
    assertThat(tags("#java🎉 #🎉 🎉#kafka #a\u2603b")).containsExactly("java", "kafka", "a");
    assertThat(tags("#🇩🇪 #👩\u200D💻")).isEmpty();
  }

  @Test
  void aMarkBehindAnEmojiOrASignIsNoWord() {
    // A heart and a keycap carry invisible marks; a tag may follow them directly.
    assertThat(tags("\u2764\uFE0F#java 1\uFE0F\u20E3 #b")).containsExactly("java", "b");
    assertThat(tags("#\uFE0F\u20E3 #\uFE0F\u20E3#kafka #\u0301a")).containsExactly("kafka");
    // Behind a letter it belongs to the word.
    assertThat(tags("e\u0301#b #e\u0301#b")).containsExactly("é");
  }

  @Test
  void invisibleCharactersEndATag() {
    // Zero-width space, byte order mark, soft hyphen, right-to-left mark.
    for (char invisible : "\u200B\uFEFF\u00AD\u200F".toCharArray()) {
      assertThat(tags("#ab" + invisible + "cd")).containsExactly("ab");
      assertThat(tags("#" + invisible + "cd")).isEmpty();
    }
  }

  @Test
  void rightToLeftTagsAreReadInTheirLogicalOrder() {
    assertThat(tags("\u202B#שלום #مرحبا\u202C #abc")).containsExactly("שלום", "مرحبا", "abc");
  }

  @Test
  void noZeroByteAndNoColonCanBeInATag() {
    assertThat(tags("#a\0b #c:d")).containsExactly("a", "c");
  }

  @Test
  void halfASurrogatePairEndsATag() {
    assertThat(tags("#ab\uD801 #cd\uDC28 #ef\uD801")).containsExactly("ab", "cd", "ef");
    assertThat(tags("#\uD801")).isEmpty();
  }

  @Test
  void aTagTwiceCountsTwice() {
    assertThat(tags("#a #b #A")).containsExactly("a", "b", "a");
  }

  @Test
  void aHundredCodePointsAreATagAndOneMoreIsNot() {
    for (String letter : List.of("a", "é", "あ", "\uD801\uDC28")) {
      assertThat(tags("#" + letter.repeat(100))).containsExactly(letter.repeat(100));
      assertThat(hashtags.oversized()).isZero();
      assertThat(tags("#" + letter.repeat(101) + " #ok")).containsExactly("ok");
      assertThat(hashtags.oversized()).isEqualTo(1);
    }
    // Counted in lower case, in which a tag may become longer.
    assertThat(tags("#" + "\u0130".repeat(50))).containsExactly("i\u0307".repeat(50));
    assertThat(tags("#" + "\u0130".repeat(51))).isEmpty();
    assertThat(tags("#" + "a".repeat(100) + "\uD801\uDC28")).isEmpty();
  }

  @Test
  void aTagOfAMegabyteIsIgnoredAndCounted() {
    assertThat(tags("#" + "a".repeat(1 << 20) + " #b")).containsExactly("b");
    assertThat(hashtags.oversized()).isEqualTo(1);
  }

  @Test
  void tenThousandTagsAreTenThousandTags() {
    List<String> tags = tags("#Tag1 #ü ".repeat(5_000));
    assertThat(tags).hasSize(10_000).containsOnly("tag1", "ü");
  }

  @Test
  void aScanForgetsTheOneBefore() {
    assertThat(tags("#a #b #c #" + "d".repeat(101))).hasSize(3);
    assertThat(tags("#e")).containsExactly("e");
    assertThat(hashtags.oversized()).isZero();
    hashtags.clear();
    assertThat(hashtags.size()).isZero();
  }

  @Test
  void whatAPersonTypesFindsWhatAPostCounted() {
    assertThat(Hashtags.fold("#Java")).isEqualTo(Property.utf8("java"));
    assertThat(Hashtags.fold("＃Java")).isEqualTo(Property.utf8("java"));
    assertThat(Hashtags.fold("Java")).isEqualTo(Property.utf8("java"));
    assertThat(Hashtags.fold("#")).isEmpty();
    assertThat(Hashtags.fold("")).isEmpty();
    // The final sigma depends on its neighbours: both sides must fold the whole tag.
    assertThat(tags("#ΟΔΟΣ"))
        .containsExactly(new String(Hashtags.fold("ΟΔΟΣ"), StandardCharsets.UTF_8));
  }

  @Test
  void foldingATagIsWhatScanningItFinds() {
    Property.holds(
        2_000,
        random -> {
          String typed = anyCase(random);
          assertThat(tags("x #" + typed + " y"))
              .containsExactly(new String(Hashtags.fold("#" + typed), StandardCharsets.UTF_8));
        });
  }

  @Test
  void anyTextIsScannedAndGivesTheWordsBehindItsSigns() {
    Property.holds(
        2_000,
        random -> {
          StringBuilder text = new StringBuilder();
          List<String> expected = new ArrayList<>();
          for (int i = random.nextInt(20); i > 0; i--) {
            String word = anyCase(random);
            boolean tag = random.nextBoolean();
            text.append(tag ? "#" : "").append(word).append(random.nextBoolean() ? " " : "! ");
            if (tag) {
              expected.add(new String(Hashtags.fold(word), StandardCharsets.UTF_8));
            }
          }
          assertThat(tags(text.toString())).isEqualTo(expected);
        });
  }

  @Test
  void anyCharactersGiveWhatTheyGiveOneByOne() {
    Property.holds(
        2_000,
        random -> {
          char[] chars = new char[random.nextInt(60)];
          int bits = random.nextInt(6, 17);
          for (int i = 0; i < chars.length; i++) {
            chars[i] = random.nextInt(3) == 0 ? '#' : (char) random.nextInt(1 << bits);
          }
          String text = new String(chars);
          TagsByChars expected = new TagsByChars(text);
          assertThat(tags(text)).isEqualTo(expected.tags);
          assertThat(hashtags.missed()).isEqualTo(expected.missed);
        });
  }

  private static String anyCase(SplittableRandom random) {
    String tag = Property.tag(random);
    return random.nextBoolean() ? tag.toUpperCase(Locale.ROOT) : tag;
  }
}
