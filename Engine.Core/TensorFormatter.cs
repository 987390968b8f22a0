using System.Numerics;
using System.Text;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>How <see cref="TensorFormatter"/> lays out text; the defaults are NumPy's but for the precision.</summary>
public sealed record TensorFormat
{
    /// <summary>The default layout.</summary>
    public static TensorFormat Default { get; } = new();

    /// <summary>Digits after the point at most.</summary>
    public int Precision { get; init; } = 4;

    /// <summary>Tensors of more elements are summarised.</summary>
    public int Threshold { get; init; } = 1000;

    /// <summary>Elements shown at each end of a summarised dimension.</summary>
    public int EdgeItems { get; init; } = 3;

    /// <summary>Characters of a line; longer rows are wrapped.</summary>
    public int LineWidth { get; init; } = 75;
}

/// <summary>
/// Formats tensors as NumPy's <c>str</c> does: nested brackets, aligned columns, scientific notation where the range demands it,
/// and an ellipsis within large tensors. The culture is invariant.
/// </summary>
public static class TensorFormatter
{
    /// <summary>Formats row-major <paramref name="values"/>.</summary>
    /// <param name="shape">The dimensions; empty for a scalar, which is printed bare and in full precision.</param>
    /// <param name="values">The elements: float, double or int.</param>
    /// <param name="format">The layout; <see cref="TensorFormat.Default"/> if null.</param>
    /// <exception cref="ArgumentException">
    /// <typeparamref name="T"/> is no element type, a dimension is negative, or there are not as many values as the shape says.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The layout has a negative number, or no edge items.</exception>
    public static string Format<T>(ReadOnlySpan<int> shape, ReadOnlySpan<T> values, TensorFormat? format = null)
        where T : unmanaged, INumber<T>
    {
        ElementType type = ElementTypes.Of<T>();
        int[] shown = Shown(shape, format ??= TensorFormat.Default, out long size);
        if (size != values.Length)
            throw new ArgumentException($"A shape of {size} elements does not fit {values.Length} values.", nameof(values));
        double[] picked = new double[shown.Length];
        for (int i = 0; i < shown.Length; i++)
            picked[i] = double.CreateTruncating(values[shown[i]]);
        return Format(type, shape, picked, size, format);
    }

    /// <summary>Formats elements that <paramref name="at"/> gives by their row-major index; only those shown are asked for.</summary>
    /// <param name="type">What the elements are: decides how many digits tell them apart, and whether they have a point.</param>
    /// <param name="shape">The dimensions; empty for a scalar, which is printed bare and in full precision.</param>
    /// <param name="at">An element's value.</param>
    /// <param name="format">The layout; <see cref="TensorFormat.Default"/> if null.</param>
    /// <exception cref="ArgumentNullException"><paramref name="at"/> is null.</exception>
    /// <exception cref="ArgumentException">A dimension is negative, or the shape's size is more than an index can count.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The layout has a negative number, or no edge items.</exception>
    public static string Format(ElementType type, ReadOnlySpan<int> shape, Func<int, double> at, TensorFormat? format = null)
    {
        ArgumentNullException.ThrowIfNull(at);
        int[] shown = Shown(shape, format ??= TensorFormat.Default, out long size);
        return Format(type, shape, Array.ConvertAll(shown, index => at(index)), size, format);
    }

    private static string Format(ElementType type, ReadOnlySpan<int> shape, double[] picked, long size, TensorFormat format)
    {
        if (shape.IsEmpty)
            return NumberText.Scalar(picked[0], type);
        if (size == 0)
            return "[]";
        string[] words = type == ElementType.Int32 ? NumberText.Integers(picked) : NumberText.Floats(picked, type, format.Precision);
        return new Layout(shape.ToArray(), words, format, size > format.Threshold).Text();
    }

    /// <summary>The row-major indices of the elements to show, in order.</summary>
    private static int[] Shown(ReadOnlySpan<int> shape, TensorFormat format, out long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(format.Precision);
        ArgumentOutOfRangeException.ThrowIfNegative(format.Threshold);
        ArgumentOutOfRangeException.ThrowIfLessThan(format.EdgeItems, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(format.LineWidth);
        size = 1;
        foreach (int dimension in shape)
        {
            if (dimension < 0)
                throw new ArgumentException($"The dimension {dimension} is negative.", nameof(shape));
            size *= dimension;
            if (size > int.MaxValue)
                throw new ArgumentException("The shape has more elements than an index can count.", nameof(shape));
        }

        List<int> indices = size == 0 ? [] : [0];
        foreach (int dimension in size == 0 ? [] : shape)
        {
            bool cut = size > format.Threshold && dimension > 2L * format.EdgeItems;
            List<int> next = new(indices.Count * (cut ? 2 * format.EdgeItems : dimension));
            foreach (int index in indices)
            {
                for (int i = 0; i < dimension; i++)
                {
                    if (cut && i == format.EdgeItems)
                        i = dimension - format.EdgeItems;
                    next.Add((index * dimension) + i);
                }
            }

            indices = next;
        }

        return [.. indices];
    }

    /// <summary>Brackets, separators and line breaks around the words, which are taken in row-major order.</summary>
    private sealed class Layout(int[] shape, string[] words, TensorFormat format, bool summarise)
    {
        private readonly StringBuilder text = new();
        private int taken;

        public string Text()
        {
            Append(0);
            return text.ToString();
        }

        private void Append(int axis)
        {
            text.Append('[');
            if (axis == shape.Length - 1)
                AppendRow(axis);
            else
                AppendNested(axis);
            text.Append(']');
        }

        private void AppendNested(int axis)
        {
            for (int i = 0; i < shape[axis]; i++)
            {
                if (i > 0)
                    text.Append('\n', shape.Length - 1 - axis).Append(' ', axis + 1);
                if (Skip(axis, ref i))
                    text.Append("...").Append('\n', shape.Length - 1 - axis).Append(' ', axis + 1);
                Append(axis + 1);
            }
        }

        private void AppendRow(int axis)
        {
            int indent = axis + 1;
            int width = format.LineWidth - axis - 1;
            StringBuilder line = new();
            line.Append(' ', indent);
            bool first = true;
            for (int i = 0; i < shape[axis]; i++)
            {
                if (Skip(axis, ref i))
                    AppendWord("...");
                AppendWord(words[taken++]);
            }

            // The first line's indent is what the brackets before it take.
            text.Append(line, first ? indent : 0, line.Length - (first ? indent : 0));

            void AppendWord(string word)
            {
                if (line.Length > indent)
                    line.Append(' ');

                // A word too long even for an empty line stays where it is.
                if (line.Length > indent && line.Length + word.Length > width)
                {
                    string full = line.ToString().TrimEnd(' ');
                    text.Append(full, first ? indent : 0, full.Length - (first ? indent : 0)).Append('\n');
                    first = false;
                    line.Clear().Append(' ', indent);
                }

                line.Append(word);
            }
        }

        /// <summary>Moves on from the first edge of a summarised dimension to its last; tells whether it did.</summary>
        private bool Skip(int axis, ref int i)
        {
            if (!summarise || i != format.EdgeItems || shape[axis] <= 2L * format.EdgeItems)
                return false;
            i = shape[axis] - format.EdgeItems;
            return true;
        }
    }
}
