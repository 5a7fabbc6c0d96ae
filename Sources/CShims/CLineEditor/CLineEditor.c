#define _GNU_SOURCE
#include "CLineEditor.h"

#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static EditLine *editor;
static History *history_list;
static dass_line_completion on_tab;
static const char *current_prompt = "";
static bool is_cancelled;
static bool was_shown;

static char *give_prompt(EditLine *line) {
  (void)line;
  return (char *)current_prompt;
}

static unsigned char complete(EditLine *line, int character) {
  (void)character;
  const LineInfo *info = el_line(line);
  char *before = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
  if (before == NULL) return CC_ERROR;
  was_shown = false;
  on_tab(before);
  free(before);
  return was_shown ? CC_REDISPLAY : CC_REFRESH;
}

// Ctrl-C is a key, not a signal, while a line is edited.
static unsigned char cancel(EditLine *line, int character) {
  (void)line;
  (void)character;
  is_cancelled = true;
  return CC_NEWLINE;
}

bool dass_line_open(const char *program, dass_line_completion completion) {
  // Where the locale knows no characters beyond ASCII, UTF-8 is still what files and terminals use.
  if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
  on_tab = completion;
  editor = el_init(program, stdin, stdout, stderr);
  history_list = history_init();
  if (editor == NULL || history_list == NULL) return false;
  HistEvent event;
  history(history_list, &event, H_SETSIZE, 2000);
  history(history_list, &event, H_SETUNIQUE, 1);
  el_set(editor, EL_PROMPT_ESC, give_prompt, '\1');
  el_set(editor, EL_HIST, history, history_list);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_ADDFN, "dass-complete", "Completes a word", complete);
  el_set(editor, EL_ADDFN, "dass-cancel", "Forgets the line", cancel);
  el_set(editor, EL_BIND, "^I", "dass-complete", NULL);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  // What terminals send for Home, End, Delete, and the arrows with Ctrl.
  el_set(editor, EL_BIND, "\\e[H", "ed-move-to-beg", NULL);
  el_set(editor, EL_BIND, "\\e[F", "ed-move-to-end", NULL);
  el_set(editor, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
  el_set(editor, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
  el_set(editor, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
  // The user's own bindings, from ~/.editrc.
  el_source(editor, NULL);
  el_set(editor, EL_SETTY, "-d", "-isig", NULL);
  el_set(editor, EL_BIND, "^C", "dass-cancel", NULL);
  return true;
}

enum dass_line_result dass_line_read(const char *prompt, const char *start, char **line) {
  *line = NULL;
  current_prompt = prompt;
  is_cancelled = false;
  if (start[0] != '\0') el_push(editor, start);
  int count = 0;
  const char *text = el_gets(editor, &count);
  if (is_cancelled) return DASS_LINE_CANCELLED;
  if (text == NULL || count <= 0) return DASS_LINE_END;
  size_t length = strlen(text);
  while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
  *line = strndup(text, length);
  return *line != NULL ? DASS_LINE_READ : DASS_LINE_END;
}

void dass_line_replace(int deleted, const char *text) {
  if (deleted > 0) el_deletestr(editor, deleted);
  if (text[0] != '\0') el_insertstr(editor, text);
}

void dass_line_show(const char *lines) {
  was_shown = true;
  printf("\n%s\n", lines);
  fflush(stdout);
}

void dass_line_remember(const char *line) {
  HistEvent event;
  if (line[0] != '\0') history(history_list, &event, H_ENTER, line);
}

int dass_line_columns(void) {
  struct winsize size;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

char *dass_line_read_hidden(const char *prompt) {
  struct termios shown, hidden;
  bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
  fputs(prompt, stdout);
  fflush(stdout);
  if (is_terminal) {
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length = getline(&line, &capacity, stdin);
  if (is_terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputs("\n", stdout);
    fflush(stdout);
  }
  if (length < 0) {
    free(line);
    return NULL;
  }
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) line[--length] = '\0';
  return line;
}
