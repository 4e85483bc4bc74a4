/* lint_rules - the checks behind the rules of lint.c, each over the whole text. */
#ifndef COFFERDAM_LAKE_LINT_RULES_H
#define COFFERDAM_LAKE_LINT_RULES_H

struct lint_text;

void lint_user_id_as_key(struct lint_text *text);
void lint_status(struct lint_text *text);
void lint_address_dot(struct lint_text *text);
void lint_or(struct lint_text *text);
void lint_day_with_hours(struct lint_text *text);
void lint_type(struct lint_text *text);
void lint_activity(struct lint_text *text);
void lint_no_such_day(struct lint_text *text);
void lint_data_event(struct lint_text *text);
void lint_partition(struct lint_text *text);
void lint_sample(struct lint_text *text);
void lint_having(struct lint_text *text);
void lint_member_of_text(struct lint_text *text);
void lint_versions(struct lint_text *text);
void lint_swapped(struct lint_text *text);

#endif
