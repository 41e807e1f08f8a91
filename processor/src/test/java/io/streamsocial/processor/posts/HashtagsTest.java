package io.streamsocial.processor.posts;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
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
    assertThat(tags("#cafe\u0301")).containsExactly("cafe\u0301");
    assertThat(tags("#\u0661\u0662\u0663")).containsExactly("\u0661\u0662\u0663");
    assertThat(tags("#2025 #_ #__init__")).containsExactly("2025", "_", "__init__");
    // Beyond the basic plane: Deseret and mathematical letters are two chars each.
    assertThat(tags("#\uD801\uDC28x #𝒳")).containsExactly("\uD801\uDC28x", "𝒳");
  }

  @Test
  void numbersThatAreNotDecimalDigitsEndATag() {
    assertThat(tags("#a½ #b²")).containsExactly("a", "b");
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
    assertThat(tags("e\u0301#b #e\u0301#b")).containsExactly("e\u0301");
  }

  @Test
  void invisibleCharactersEndATag() {
    // Zero-width space, joiner, non-joiner, byte order mark, soft hyphen, right-to-left mark.
    for (char invisible : "\u200B\u200D\u200C\uFEFF\u00AD\u200F".toCharArray()) {
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
    // Counted as typed: a tag may become longer in lower case.
    assertThat(tags("#" + "\u0130".repeat(100))).containsExactly("i\u0307".repeat(100));
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
