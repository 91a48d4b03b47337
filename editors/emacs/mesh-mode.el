;;; mesh-mode.el --- Major mode for Mesh, a language for Istio -*- lexical-binding: t; -*-

;; Author: The authors of Mesh
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages
;; URL: https://github.com/mesh-lang/meshc
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Mesh describes Istio's configuration.  This mode colours and indents
;; programs.  With eglot it shows problems, fixes, completion, names and
;; formatting, which the language server `meshc lsp' has:
;;
;;   (add-hook 'mesh-mode-hook #'eglot-ensure)
;;
;; `mesh-show-yaml' shows the compiled YAML beside the program, `mesh-explain'
;; the page of a word or a code, and `mesh-build' builds the program.
;;
;; `cargo xtask generate' makes mesh-mode.el of mesh-mode.el.in, with the words
;; that the compiler knows.

;;; Code:

(require 'compile)
(require 'jsonrpc)

(declare-function eglot-current-server "eglot" ())
(declare-function eglot--TextDocumentPositionParams "eglot" ())
(defvar eglot-server-programs)

(defgroup mesh nil
  "Mesh, a language for the configuration of Istio."
  :group 'languages)

(defcustom mesh-compiler "meshc"
  "The compiler, which is the language server too: a name or a path."
  :type 'string)

(defcustom mesh-server-options nil
  "What the language server is told when it starts, as a plist.
For example (:hints :json-false :programs [\"mesh\"] :set (:env \"prod\"))."
  :type 'plist)

;;; Syntax

(defvar mesh-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?< "(>" table)
    (modify-syntax-entry ?> ")<" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (dolist (letter (string-to-list "!$%&'*+-./?@[]^_`{}"))
      (modify-syntax-entry letter "_" table))
    (dolist (letter (string-to-list ",:;=|~"))
      (modify-syntax-entry letter "." table))
    table)
  "Syntax table of `mesh-mode'.")

(defun mesh--fence (opens)
  "The syntax of a quote of the three around a text.
OPENS says that it is the first of them, which begins a text; the last
one ends it."
  (let ((state (save-excursion (syntax-ppss (match-beginning 0)))))
    (and (not (nth 4 state))
         (if opens (not (nth 3 state)) (eq (nth 3 state) t))
         (string-to-syntax "|"))))

(defconst mesh--syntax-propertize
  (syntax-propertize-rules
   ("\\(\"\\)\"\\(\"\\)" (1 (mesh--fence t)) (2 (mesh--fence nil)))
   ;; A comment starts where a word may start, and not inside of one.
   ("[^] \t\r\n,:;<>()=|\"]\\(#\\)" (1 "_")))
  "Texts of several lines, and the `#' in words.")

;;; Colours

(defconst mesh--statement
  (regexp-opt '("allow" "audit" "authorize" "dashboard" "deny" "else" "elsewhere" "envoy" "external" "gateway" "if" "in" "jwt" "let" "mesh" "mtls" "namespace" "observe" "param" "plugin" "profile" "proxy" "resource" "route" "scope" "scrape" "service" "slo" "traffic" "use" "with" "workload") 'symbols)
  "The words that start a statement.")

(defconst mesh--clause
  (regexp-opt '("abort" "access-log" "account" "add" "address" "alert" "allow" "ambient" "annotation" "api" "at-least" "audiences" "audit" "available" "balance" "behind" "bind" "ca" "calls" "cert" "ciphers" "claim" "client-protocol" "cluster" "concurrency" "config" "connect-timeout" "context" "cors" "credentials" "declared-only" "delay" "delegate" "deny" "drop-label" "drop-tag" "dry-run" "eject" "else" "endpoint" "env" "every" "export" "expose" "fail" "failover" "fast" "field" "filter" "forward" "from" "grafana" "group" "grpc" "grpc-web" "h2-upgrade" "headers" "host" "http" "http2" "https" "idle-timeout" "if" "ignore" "image" "inbound" "inject" "issuer" "istio" "jwks" "keep" "keepalive" "kiali" "label" "link" "listen" "listener" "locality" "lua" "max-age" "max-connections" "max-pending" "max-requests" "max-retries" "max-streams" "max-tls" "merged" "mesh" "methods" "metrics" "min-tls" "mirror" "mongo" "mtls" "mutual" "mysql" "network" "off" "on" "optional" "origins" "others" "over" "passthrough" "patch" "phase" "pool" "port" "prefer" "priority" "probe" "prometheus" "provider" "proxy-protocol" "proxy-version" "pull" "pull-secret" "reaches" "redirect" "redis" "region" "remove" "replicas" "request-headers" "requests-per-connection" "require" "resolve" "respond" "response-headers" "retry" "retry-budget" "revision" "rewrite" "root-id" "root-namespace" "routes-from" "runbook" "san" "select" "set" "set-tag" "sha256" "sni" "split" "tag" "tcp" "timeout" "tls" "to" "token" "trace" "trust-domain" "tunnel" "type" "unmatched" "url" "value" "version" "versions" "vhost" "via" "warmup" "waypoint" "weight" "when" "with") 'symbols)
  "The words that start a clause in a block.")

(defconst mesh--option
  (regexp-opt '("in" "as" "BOOTSTRAP" "CLUSTER" "CONNECT" "EXTENSION_CONFIG" "FILTER_CHAIN" "HTTP_FILTER" "HTTP_ROUTE" "LISTENER" "LISTENER_FILTER" "NETWORK_FILTER" "POST" "ROUTE_CONFIGURATION" "VIRTUAL_HOST" "add" "after" "always" "any" "as" "at" "at-least" "at-most" "authn" "authz" "auto" "backoff" "bind" "both" "by" "calls" "client" "close" "cookie" "datadog" "debug" "default" "distroless" "dns" "dns-round-robin" "dynamic" "env" "every" "except" "exec" "existing" "ext-authz-grpc" "ext-authz-http" "failures" "file" "file-log" "files" "for" "forward" "from" "from-host" "gateway" "grpc" "grpc-log" "hash" "header" "healthy-at-least" "host" "http" "http2" "https" "if-absent" "ignore" "in" "inbound" "insert-after" "insert-before" "insert-first" "is" "key" "label" "least-request" "local" "locality" "maglev" "merge" "merge-and-replace-list" "mesh" "mongo" "mutual" "mysql" "name" "namespace" "network" "never" "nocase" "of" "off" "on" "open" "opentelemetry" "operator" "optional" "otel-log" "outbound" "over" "pass" "passthrough" "path" "plain" "port" "ports" "prefix" "probes" "prometheus" "query" "random" "redis" "refuse" "reload" "remote" "remove" "replace" "ring" "round-robin" "route" "same-host" "scheme" "server" "sidecar" "simple" "skywalking" "source-ip" "static" "stats" "subset" "successes" "tcp" "timeout" "tls" "tls-lb" "to" "under" "v1" "v1beta1" "v2" "via" "vm" "waypoint" "weight" "when" "where" "within" "x" "zipkin" "zone" "anyone" "audience" "claim" "client-ip" "cookie" "dest-ip" "from" "gateway" "header" "host" "ip" "method" "namespace" "nobody" "path" "port" "presenter" "principal" "query" "scheme" "sni" "token" "trust-domain" "via") 'symbols)
  "The words inside of statements.")

(defun mesh--in-list-p ()
  "True if the word that was matched is part of a list or a pair."
  (or (looking-at-p "[ \t]*[:,]")
      (save-excursion
        (goto-char (match-beginning 0))
        (forward-comment (- (point)))
        (memq (char-before) '(?: ?,)))))

(defun mesh--first-p ()
  "True if the word that was matched is the first one of a statement."
  (save-excursion
    (goto-char (match-beginning 0))
    (skip-chars-backward " \t")
    (or (memq (char-before) '(?\; ?< ?>))
        (and (bolp) (not (eq (mesh--bracket) ?\())))))

(defun mesh--bracket ()
  "The innermost bracket around point."
  (let ((open (nth 1 (syntax-ppss))))
    (and open (char-after open))))

(defun mesh--matcher (regexp condition)
  "Return a matcher of REGEXP where CONDITION is true.
Strings and comments are passed over."
  (lambda (limit)
    (let (found)
      (while (and (not found) (re-search-forward regexp limit t))
        (setq found (save-match-data
                      (and (not (nth 8 (save-excursion (syntax-ppss (match-beginning 0)))))
                           (funcall condition)))))
      found)))

(defconst mesh--font-lock-keywords
  (let ((end "\\(?:[] \t\n,:;<>()=|\"]\\|\\'\\)"))
    `((,(mesh--matcher
         mesh--statement
         (lambda () (and (not (mesh--in-list-p)) (mesh--first-p))))
       (0 font-lock-keyword-face)
       ;; What the statement is about.
       ("[ \t]+\\(?:\\_<\\(?:as\\|gateway\\|in\\|mesh\\|namespace\\)[ \t]+\\)?\\([[:alpha:]][^] \t\n,:;<>()=|\"]*\\)"
        (save-excursion
          (skip-chars-forward "^,;<>(\n")
          (point))
        nil
        (1 font-lock-type-face)))
      (,(mesh--matcher
         mesh--clause
         (lambda ()
           (and (not (mesh--in-list-p)) (mesh--first-p) (eq (mesh--bracket) ?<))))
       (0 font-lock-keyword-face))
      (,(mesh--matcher
         "\\_<\\(?:and\\|or\\|not\\)\\_>"
         (lambda () (not (or (mesh--in-list-p) (mesh--first-p)))))
       (0 font-lock-builtin-face))
      (,(mesh--matcher
         mesh--option (lambda () (not (or (mesh--in-list-p) (mesh--first-p)))))
       (0 font-lock-builtin-face))
      ;; Durations, percentages and other numbers.
      (,(concat "\\_<-?[0-9][0-9./]*\\(?:%\\|xx\\)?\\_>")
       (0 font-lock-constant-face))
      (,(concat "\\_<\\(?:[0-9.]+\\(?:ms\\|[smhd]\\)\\)+\\_>")
       (0 font-lock-constant-face))
      ("\\_<\\(?:[A-Z][A-Z_]+\\|true\\|false\\)\\_>" (0 font-lock-constant-face))
      ;; Versions and their shares, and other pairs.
      (,(concat "\\(\\_<[^] \t\n,:;<>()=|\"/#]+\\)[ \t]*:" )
       (1 font-lock-variable-name-face))
      (,(concat "[ \t(,]\\(/[^] \t\n,;<>()|\"]*\\)" end)
       (1 font-lock-string-face))
      ("\\(?:^\\|[] \t,:;<>()=|\"]\\)\\(\\$[[:alpha:]][[:alnum:]_-]*\\)"
       (1 font-lock-variable-name-face))
      ("\\${[[:alpha:]][[:alnum:]_-]*}" (0 font-lock-variable-name-face prepend))))
  "What `mesh-mode' colours.")

(defun mesh--syntactic-face (state)
  "The face of the string or the comment that STATE is about."
  (cond ((nth 3 state) font-lock-string-face)
        ((save-excursion (goto-char (nth 8 state)) (looking-at-p "##"))
         font-lock-doc-face)
        (t font-lock-comment-face)))

;;; Indentation

(defun mesh--indentation ()
  "The column of the line that point is in, or nil if it is part of a text.
A block indents by two, and so does a list or a group that goes on."
  (save-excursion
    (beginning-of-line)
    (let* ((state (syntax-ppss))
           (opened (mapcar #'char-after (nth 9 state)))
           (blocks (seq-count (lambda (bracket) (eq bracket ?<)) opened))
           (goes-on (memq ?\( opened)))
      (unless (nth 3 state)
        (skip-chars-forward " \t")
        (cond ((eq (char-after) ?>) (setq blocks (max 0 (1- blocks))))
              ((eq (char-after) ?\)) (setq goes-on nil))
              (t (forward-comment (- (point)))
                 (setq goes-on (or goes-on (eq (char-before) ?,)))))
        (* 2 (+ blocks (if goes-on 1 0)))))))

(defun mesh-indent-line ()
  "Indent a line as `meshc fmt' does."
  (interactive)
  (let ((column (mesh--indentation))
        (behind (- (current-column) (current-indentation))))
    (if (not column)
        'noindent
      (indent-line-to column)
      (when (> behind 0)
        (move-to-column (+ column behind))))))

;;; What the server shows

(defun mesh--server ()
  "Return the language server of this buffer."
  (or (and (fboundp 'eglot-current-server) (eglot-current-server))
      (user-error "The language server is not running; start it by `eglot'")))

(defvar-local mesh--yaml-line nil
  "The line that the YAML beside this buffer is about.")

(defun mesh--show-yaml (answer)
  "Show ANSWER, a text and a range of its lines, beside the program."
  (let ((buffer (get-buffer-create "*mesh yaml*"))
        (range (plist-get answer :range)))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert (plist-get answer :text)))
      (unless buffer-read-only
        (conf-colon-mode)
        (setq-local comment-start "#")
        (setq buffer-read-only t))
      (remove-overlays)
      (when range
        (let ((line (lambda (end)
                      (goto-char (point-min))
                      (forward-line (plist-get (plist-get range end) :line))
                      (point))))
          (overlay-put (make-overlay (funcall line :start) (funcall line :end))
                       'face 'highlight)
          (let ((start (funcall line :start)))
            (dolist (window (get-buffer-window-list buffer nil t))
              (set-window-point window start)
              (set-window-start window start))))))))

(defun mesh--ask-yaml ()
  "Ask for the YAML, and for the part of it that belongs to this line."
  (let ((here (current-buffer)))
    (setq mesh--yaml-line (cons (line-number-at-pos) (buffer-chars-modified-tick)))
    (jsonrpc-async-request
     (mesh--server) :mesh/compiled (eglot--TextDocumentPositionParams)
     :success-fn (lambda (answer)
                   (when (and answer (buffer-live-p here))
                     (mesh--show-yaml answer)))
     :error-fn (lambda (problem)
                 (message "%s" (plist-get problem :message))))))

(defun mesh--follow ()
  "Let the YAML follow the cursor; end that when nobody sees the YAML."
  (cond ((not (get-buffer-window "*mesh yaml*" t))
         (remove-hook 'post-command-hook #'mesh--follow t))
        ((not (equal mesh--yaml-line
                     (cons (line-number-at-pos) (buffer-chars-modified-tick))))
         (mesh--ask-yaml))))

(defun mesh-show-yaml ()
  "Show the compiled YAML beside the program.
What the statement at point becomes is marked, and the window follows
point until it is closed."
  (interactive)
  (mesh--server)
  (display-buffer (get-buffer-create "*mesh yaml*"))
  (add-hook 'post-command-hook #'mesh--follow nil t)
  (mesh--ask-yaml))

(defun mesh-explain (word)
  "Show the page of WORD: a word of the language, a code or a field of Istio."
  (interactive (list (read-string "Explain: " (thing-at-point 'symbol t))))
  (let ((answer (jsonrpc-request (mesh--server) :mesh/explain (list :word word))))
    (unless answer
      (user-error "There is no page about %s" word))
    (with-help-window "*mesh explain*"
      (princ (plist-get answer :text)))))

(defun mesh--page (operation &rest arguments)
  "Do OPERATION with ARGUMENTS on a page that the server has.
Its name is its address, such as mesh-std:/resilience.mesh."
  (pcase operation
    ('expand-file-name
     (let ((name (car arguments)))
       (if (string-match-p "\\`\\(?:/\\|mesh-\\)" name)
           name
         (concat (nth 1 arguments) name))))
    ((or 'file-truename 'abbreviate-file-name 'substitute-in-file-name)
     (car arguments))
    ((or 'file-exists-p 'file-readable-p 'file-regular-p)
     (string-match-p "\\.\\(?:md\\|mesh\\)\\'" (car arguments)))
    ((or 'file-writable-p 'file-directory-p 'file-symlink-p 'file-remote-p
         'file-attributes 'file-modes 'vc-registered 'file-locked-p
         'lock-file 'unlock-file)
     nil)
    ;; Programs that are started from such a buffer run somewhere else.
    ('unhandled-file-name-directory temporary-file-directory)
    ('verify-visited-file-modtime t)
    ('insert-file-contents
     (let* ((name (car arguments))
            (answer (jsonrpc-request
                     (mesh--any-server)
                     :workspace/textDocumentContent (list :uri name))))
       (unless answer
         (signal 'file-missing (list "There is no such page" name)))
       (when (nth 1 arguments)
         (setq buffer-file-name name))
       (save-excursion (insert (plist-get answer :text)))
       (list name (length (plist-get answer :text)))))
    (_ (let ((inhibit-file-name-handlers
              (cons #'mesh--page
                    (and (eq inhibit-file-name-operation operation)
                         inhibit-file-name-handlers)))
             (inhibit-file-name-operation operation))
         (apply operation arguments)))))

(defun mesh--any-server ()
  "Return the language server of any program."
  (or (seq-some (lambda (buffer)
                  (with-current-buffer buffer
                    (and (derived-mode-p 'mesh-mode)
                         (fboundp 'eglot-current-server)
                         (eglot-current-server))))
                (buffer-list))
      (user-error "The language server is not running; open a program first")))

(add-to-list 'file-name-handler-alist '("\\`mesh-\\(?:std\\|page\\):" . mesh--page))

;;; Building

(add-to-list 'compilation-error-regexp-alist-alist
             '(meshc "^\\([^:\n]+\\):\\([0-9]+\\):\\([0-9]+\\): \\(?:error\\|\\(warning\\)\\|\\(note\\)\\)\\["
                     1 2 3 (4 . 5)))
(add-to-list 'compilation-error-regexp-alist 'meshc)

(defun mesh-build (&optional out)
  "Build the program of this file: all files of its folder.
With a prefix argument ask for OUT, the folder that the bundle goes into;
without it the bundle is printed."
  (interactive (list (and current-prefix-arg
                          (read-directory-name "Build into: "))))
  (compile (mapconcat #'shell-quote-argument
                      (append (list mesh-compiler "build" "--diagnostics" "short")
                              (and out (list "--out" (expand-file-name out)))
                              (list (directory-file-name default-directory)))
                      " ")))

;;; The mode

(defvar mesh-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-y") #'mesh-show-yaml)
    (define-key map (kbd "C-c C-c") #'mesh-build)
    (define-key map (kbd "C-c C-e") #'mesh-explain)
    map)
  "Keys of `mesh-mode'.")

(defun mesh--set-up ()
  "Set up a buffer of a program or of a source of the library."
  (setq-local comment-start "# ")
  (setq-local comment-end "")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local indent-line-function #'mesh-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local electric-indent-chars (append '(?> ?\)) electric-indent-chars))
  (setq-local syntax-propertize-function mesh--syntax-propertize)
  (setq-local font-lock-defaults
              '(mesh--font-lock-keywords
                nil nil nil
                (font-lock-syntactic-face-function . mesh--syntactic-face)))
  (setq-local imenu-generic-expression
              `((nil ,(concat "^" mesh--statement "[ \t]+[^<;\n]*[^<; \t\n]") 0))))

;;;###autoload
(define-derived-mode mesh-mode prog-mode "Mesh"
  "Major mode for Mesh programs.

\\{mesh-mode-map}"
  (mesh--set-up))

(define-derived-mode mesh-library-mode prog-mode "Mesh library"
  "Major mode for the sources of the library, which the server has.
It is not `mesh-mode', whose hook would start a server for them."
  :syntax-table mesh-mode-syntax-table
  (mesh--set-up))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.mesh\\'" . mesh-mode))

(add-to-list 'auto-mode-alist '("\\`mesh-std:" . mesh-library-mode))

(defun mesh--contact (&optional _interactive)
  "Return the command of the language server, for eglot."
  (append (list mesh-compiler "lsp")
          (and mesh-server-options
               (list :initializationOptions mesh-server-options))))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs '(mesh-mode . mesh--contact)))

(provide 'mesh-mode)

;;; mesh-mode.el ends here
