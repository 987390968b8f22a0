using System.Text;

namespace Engine.Bench.Figures;

/// <summary>
/// The colours. A renderer that knows no media query shows the light ones, on their own white ground; a page in the dark gets the others.
/// </summary>
internal static class Theme
{
    // Told apart with each of the common colour deficiencies, and at least 3:1 against the ground.
    private static readonly string[] s_light = ["#1f5bb8", "#ee5a14", "#00945a", "#bd5393", "#7a5502", "#0a9be0", "#500479", "#4a464c"];
    private static readonly string[] s_dark = ["#2f7fd6", "#f07c33", "#3eaf78", "#e08cc4", "#ffd65a", "#66dcff", "#a880ff", "#f4f0ee"];

    /// <summary>The number of colours of series.</summary>
    public static int Colors => s_light.Length;

    /// <summary>The class of a colour.</summary>
    public static string Class(int color) => color < 0 ? "sn" : "s" + color % Colors;

    /// <summary>The style sheet.</summary>
    public static string Css { get; } = Build();

    private static string Build()
    {
        var css = new StringBuilder("""

            text{font-family:-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;fill:#24292f}
            .tick{font-size:11px;fill:#57606a}
            .label{font-size:12px}
            .panel{font-size:13px;font-weight:600}
            .head{font-size:16px;font-weight:600}
            .ground{fill:#ffffff}
            .grid{stroke:#e4e7eb;stroke-width:1}
            .faint{stroke:#f1f3f5;stroke-width:1}
            .axis{stroke:#8c959f;stroke-width:1;fill:none}
            .line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
            .dashed{stroke-dasharray:6 4;stroke-linecap:butt}
            .band{fill:currentColor;fill-opacity:.15;stroke:none}
            .mark{fill:currentColor;stroke:#ffffff;stroke-width:1}

            """);
        Colour(css, s_light, "#7d858e");
        css.Append("@media (prefers-color-scheme:dark){\n");
        css.Append("""
            text{fill:#e6edf3}
            .tick{fill:#a3abb5}
            .ground{fill:#0d1117}
            .grid{stroke:#272d36}
            .faint{stroke:#181d25}
            .axis{stroke:#6e7681}
            .band{fill-opacity:.22}
            .mark{stroke:#0d1117}

            """);
        Colour(css, s_dark, "#8b949e");
        return css.Append("}\n").Replace("\r", "").ToString();
    }

    private static void Colour(StringBuilder css, string[] colors, string neutral)
    {
        for (int i = 0; i < colors.Length; i++)
            css.Append(".s").Append(i).Append("{color:").Append(colors[i]).Append("}\n");
        css.Append(".sn{color:").Append(neutral).Append("}\n");
    }
}
