package io.streamsocial.processor.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Members of a group agree on the views that count. */
final class GroupViewsTest {
  private final GroupRig group = new GroupRig(4, 8);

  @Test
  void aViewCountsWhenEveryMemberHasIt() {
    GroupRig.Loop a = group.join("a", 0);
    GroupRig.Loop b = group.join("b", 0);
    a.views = new MemberViews(true, Map.of("users", "by id", "words", "by region"));
    b.views = new MemberViews(true, Map.of("users", "by id"));
    group.rest();
    List<GroupTable.AgreedView> agreed =
        List.of(
            new GroupTable.AgreedView("users", List.of()),
            new GroupTable.AgreedView("words", List.of("b")));
    assertThat(a.table().views()).isEqualTo(agreed);
    assertThat(b.table().views()).isEqualTo(agreed);
    b.views = a.views;
    group.rest();
    assertThat(b.table().views()).allMatch(GroupTable.AgreedView::counts);
    GroupRig.Loop old = group.join("old", 0);
    group.rest();
    assertThat(old.table().isRefused()).isFalse();
    assertThat(a.table().views())
        .extracting(GroupTable.AgreedView::lackedBy)
        .containsOnly(List.of("old"));
  }

  @Test
  void anotherDefinitionOfAViewIsRefusedWithBoth() {
    GroupRig.Loop a = group.join("a", 0);
    a.views = new MemberViews(true, Map.of("users", "SUM posts", "words", "by region"));
    group.rest();
    GroupRig.Loop b = group.join("b", 0);
    b.views = new MemberViews(true, Map.of("users", "SUM posts, MAX last", "words", "by region"));
    group.rest();
    assertThat(b.owned).isEmpty();
    assertThat(b.table().refusal())
        .contains("instance b (b:8080)", "instance a (a:8080)")
        .contains("view users is 'SUM posts' there and 'SUM posts, MAX last' here")
        .contains("another name")
        .doesNotContain("words");
    assertThat(a.table().views()).as("who is refused has no say").allMatch(v -> v.counts());
  }

  @Test
  void withAndWithoutHashtagsOtherRecordsAreRejected() {
    GroupRig.Loop a = group.join("a", 0);
    a.views = new MemberViews(true, Map.of("users", "by id"));
    group.rest();
    GroupRig.Loop b = group.join("b", 0);
    b.views = new MemberViews(false, Map.of("users", "by id"));
    group.rest();
    assertThat(b.table().refusal()).contains("hashtags are counted there and not here");
    assertThat(a.table().isRefused()).isFalse();
  }
}
