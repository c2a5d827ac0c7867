# Prints file:line:text of C sources without comments; with -v strings=0 string and character
# literals are emptied too, so that a word inside a message is not taken for code.
BEGIN {
    quote = ""
}

FNR == 1 {
    in_comment = 0
}

{
    out = ""
    i = 1
    n = length($0)
    is_include = $0 ~ /^[ \t]*#[ \t]*include/
    while (i <= n) {
        c = substr($0, i, 1)
        two = substr($0, i, 2)
        if (in_comment) {
            if (two == "*/") {
                in_comment = 0
                i++
            }
        } else if (quote != "") {
            if (c == "\\") {
                if (strings) {
                    out = out two
                }
                i++
            } else if (c == quote) {
                out = out c
                quote = ""
            } else if (strings || is_include) {
                out = out c
            }
        } else if (two == "/*") {
            in_comment = 1
            out = out " "
            i++
        } else if (two == "//") {
            break
        } else {
            if (c == "\"" || c == "'") {
                quote = c
            }
            out = out c
        }
        i++
    }
    if ($0 !~ /\\$/) {
        quote = ""
    }
    if (out ~ /[^ \t]/) {
        print FILENAME ":" FNR ":" out
    }
}
