/**
 * What instances ask each other: one class a kind of question, which knows how its part is read
 * from the state of an instance, and how both are written between instances. {@link
 * io.streamsocial.http.questions.PartQuestion} has them all.
 */
@NullMarked
package io.streamsocial.http.questions;

import org.jspecify.annotations.NullMarked;
