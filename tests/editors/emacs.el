;;; emacs.el --- Emacs with mesh-mode, in batch -*- lexical-binding: t; -*-

;;; Commentary:

;; The lines are facts: `ok - …' or `not ok - …'; run.sh counts them.
;; $MESH_WORK is a folder with broken.mesh, $MESH_ROOT the repository.

;;; Code:

(require 'eglot)
(require 'imenu)
(require 'mesh-mode)

(defvar test-work (getenv "MESH_WORK"))
(defvar test-root (getenv "MESH_ROOT"))

(defun test-fact (name holds seen)
  "Tell whether the fact NAME HOLDS, and otherwise what was SEEN."
  (princ (format "%s - %s\n" (if holds "ok" "not ok") name))
  (unless holds
    (princ (format "# %s\n" (replace-regexp-in-string "\n" "\n# " (format "%S" seen))))))

(defun test-becomes (condition)
  "Wait until CONDITION holds, and return nil if it never does."
  (let ((end (+ (float-time) 20)) seen)
    (while (and (not (setq seen (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.02))
    seen))

(defun test-built ()
  "Wait until the program is built, and all of the output is there."
  (let ((process (get-buffer-process "*compilation*")))
    (while (accept-process-output process 20))))

(defun test-text ()
  "The text of the buffer."
  (buffer-substring-no-properties (point-min) (point-max)))

(defun test-on (piece)
  "Go to PIECE of the text."
  (goto-char (point-min))
  (search-forward piece)
  (goto-char (match-beginning 0)))

(defun test-problems ()
  "What flymake shows."
  (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(defun test-faces (places)
  "Check the faces at PLACES: conses of a piece of text and the face of its start."
  (font-lock-ensure)
  (pcase-dolist (`(,piece . ,face) places)
    (test-on piece)
    (let ((seen (get-text-property (point) 'face)))
      (test-fact (format "`%s' starts in %s" piece (or face "no face"))
                 (equal (if (consp seen) (car seen) seen) face)
                 seen))))

(defun test-colours ()
  "Font-lock at given places."
  (with-current-buffer (find-file-noselect (concat test-root "/examples/tour/tour.mesh"))
    (test-fact "the mode of the file is mesh-mode" (eq major-mode 'mesh-mode) major-mode)
    (test-faces
     '(("tour of the" . font-lock-comment-face)
       ("## Who" . font-lock-doc-face)
       ("service payments" . font-lock-keyword-face)
       ("user-service <" . font-lock-type-face)
       ("retry 3" . font-lock-keyword-face)
       ("x 2s" . font-lock-builtin-face)
       ("2s on" . font-lock-constant-face)
       ("80%" . font-lock-constant-face)
       ("v1: 80%" . font-lock-variable-name-face)
       ("/pay/*" . font-lock-string-face)
       ("header x-beta" . font-lock-builtin-face)
       ("not header" . font-lock-builtin-face)
       ("\"jason\"" . font-lock-string-face)
       ("$canary" . font-lock-variable-name-face)
       ("payments, orders >" . nil)))
    (kill-buffer))
  (with-temp-buffer
    (insert "route a, # this list goes on
  service in b < route: 5%; path ~\"/v[0-9]+\" >
service v1#x < respond 200 \"${name}\\n\" >
profile p <
  lua \"\"\"
    if a < b then -- ${each}
  \"\"\"
  timeout 5s
>
")
    (mesh-mode)
    (test-faces
     '(("service in b" . nil)
       ("route: 5%" . font-lock-variable-name-face)
       ("\"/v" . font-lock-string-face)
       ("#x" . font-lock-type-face)
       ("${name}" . font-lock-variable-name-face)
       ("if a < b" . font-lock-string-face)
       ("${each}" . font-lock-variable-name-face)
       ("timeout 5s" . font-lock-keyword-face)))
    (let ((before (test-text)))
      (indent-region (point-min) (point-max))
      (test-fact "a text and a list keep their indentation" (equal (test-text) before) (test-text)))
    (test-on "< respond")
    (forward-sexp)
    (test-fact "< and > are a pair" (eq (char-before) ?>) (point))))

(defun test-indentation ()
  "Whole files are indented as meshc does it."
  (dolist (example '("tour/tour" "environments/mesh" "shop/shop"))
    (let* ((file (format "%s/examples/%s.mesh" test-root example))
           (formatted (with-temp-buffer
                        (call-process "meshc" file t nil "fmt" "-")
                        (test-text))))
      (with-temp-buffer
        (insert-file-contents file)
        (mesh-mode)
        (goto-char (point-min))
        (while (re-search-forward "^[ \t]+" nil t)
          (replace-match ""))
        (indent-region (point-min) (point-max))
        (test-fact (format "the indentation of %s is that of meshc fmt" example)
                   (equal (test-text) formatted)
                   (test-text)))))
  (with-temp-buffer
    (insert "route a <\n  v1\n    ")
    (mesh-mode)
    (electric-indent-mode 1)
    (let ((last-command-event ?>))
      (call-interactively #'self-insert-command))
    (test-fact "a > that closes a block goes back" (string-suffix-p "\n>" (test-text)) (test-text)))
  (with-current-buffer (find-file-noselect (concat test-root "/examples/tour/tour.mesh"))
    (let ((names (mapcar #'car (imenu--make-index-alist t))))
      (test-fact "imenu lists the statements"
                 (and (member "service payments" names) (member "allow payments" names))
                 names))
    (kill-buffer)))

(defun test-server ()
  "What eglot does."
  (find-file (concat test-work "/broken.mesh"))
  (eglot-ensure)
  ;; Without a screen there is no command loop, whose hook connects.
  (run-hooks 'post-command-hook)
  (test-fact "the server starts" (test-becomes #'eglot-current-server) nil)
  (flymake-mode 1)
  (test-fact "the slip is a diagnostic"
             (test-becomes
              (lambda ()
                (flymake-start)
                (seq-some (lambda (text) (string-match-p "timout" text)) (test-problems))))
             (test-problems))

  (test-on "timout 5s")
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_ choices &rest _)
               (car (seq-find (lambda (choice) (string-prefix-p "Write" (car choice))) choices))))
            (last-nonmenu-event t))
    (call-interactively #'eglot-code-actions))
  ;; Changes are sent when Emacs is idle, which it never is in batch.
  (eglot--signal-textDocument/didChange)
  (test-fact "the fix is applied, and the diagnostic goes"
             (and (string-match-p "timeout 5s" (test-text))
                  (test-becomes (lambda () (flymake-start) (null (test-problems)))))
             (list (test-text) (test-problems)))

  (test-on "orders <")
  (eglot-rename "invoices")
  (test-fact "a service is renamed wherever it is used"
             (and (not (string-match-p "orders" (test-text)))
                  (string-match-p "calls invoices" (test-text))
                  (string-match-p "route invoices" (test-text)))
             (test-text))

  (eglot-format-buffer)
  (test-fact "the file is formatted"
             (string-match-p "\nroute checkout <" (test-text))
             (test-text))

  (test-on "v2; t")
  (let ((words (all-completions "" (nth 2 (run-hook-with-args-until-success
                                           'completion-at-point-functions)))))
    (test-fact "versions are completed"
               (seq-some (lambda (word) (string-match-p "\\`v[12]" word)) words)
               words))

  (test-on "route invoices")
  (mesh-show-yaml)
  (let ((marked (lambda (piece)
                  (lambda ()
                    (with-current-buffer "*mesh yaml*"
                      (seq-some
                       (lambda (mark)
                         (string-match-p
                          piece (buffer-substring (overlay-start mark) (overlay-end mark))))
                       (overlays-in (point-min) (point-max))))))))
    (test-fact "the YAML stands beside the program"
               (test-becomes (funcall marked "name: invoices"))
               (with-current-buffer "*mesh yaml*" (test-text)))
    (test-on "route checkout")
    (run-hooks 'post-command-hook)
    (test-fact "the YAML follows the cursor"
               (test-becomes (funcall marked "name: checkout"))
               (with-current-buffer "*mesh yaml*" (test-text))))

  (mesh-explain "E0203")
  (test-fact "the page of a code is shown"
             (with-current-buffer "*mesh explain*" (string-match-p "E0203" (test-text)))
             nil)

  ;; The eglot of Emacs 28 makes a file name of any address.
  (when (>= emacs-major-version 29)
    (test-on "resilient")
    (call-interactively #'xref-find-definitions)
    (test-fact "the definition of a profile is a page of the library"
               (and (equal buffer-file-name "mesh-std:/resilience.mesh")
                    (eq major-mode 'mesh-library-mode)
                    buffer-read-only
                    (looking-at-p "resilient"))
               (list buffer-file-name major-mode (point) (test-text)))
    (find-file (concat test-work "/broken.mesh")))

  (save-buffer)
  (mesh-build (concat test-work "/built"))
  (test-built)
  (test-fact "the program is built into a folder"
             (file-expand-wildcards (concat test-work "/built/*.yaml"))
             (with-current-buffer "*compilation*" (test-text)))
  (test-on "timeout")
  (delete-char 4)
  (insert "tim")
  (save-buffer)
  (mesh-build)
  (test-built)
  (next-error 1)
  (test-fact "a problem of a build leads to its line"
             (and (eq (current-buffer) (get-file-buffer (concat test-work "/broken.mesh")))
                  (equal (line-number-at-pos) 7))
             (list (current-buffer) (line-number-at-pos))))

(setq eglot-confirm-server-edits nil
      eglot-sync-connect t
      make-backup-files nil)
(condition-case problem
    (progn (test-colours) (test-indentation) (test-server))
  (error (test-fact "the script runs to its end" nil problem)))
(kill-emacs 0)

;;; emacs.el ends here
