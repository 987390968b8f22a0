using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Engine.Kernels.Cpu;

/// <summary>
/// One row by a transposed matrix: every result is the scalar product of two contiguous rows. Squares of the matrix are transposed in
/// registers, so that four sums run side by side, each in the order of the inner index, in blocks as
/// <see cref="MatMulVectorTiles{V, R, T}"/> has them. Outside of squares long sums run in four chains, and so may have other last bits.
/// A unit is one <see cref="Group"/> of results.
/// </summary>
internal readonly unsafe struct DotProducts<T>(MatMulForm form, T* c, T* a, T* b, T* bias) : IKernel
    where T : unmanaged, INumber<T>
{
    /// <summary>Results of a unit: three chains of sums of four.</summary>
    public const int Group = 3 * Block;

    private const int Block = Transposition.Block;

    public static int Groups(in MatMulForm form) => (form.Columns + Group - 1) / Group;

    public void Run(int start, int end)
    {
        int groups = Groups(form), matrix = start / groups, group = start - (matrix * groups);
        T* left = a + (matrix * form.BatchStrideA), right = b + (matrix * form.BatchStrideB), result = c + ((nint)matrix * form.Columns);
        T* starts = bias + (matrix * form.BatchStrideBias);
        for (; start < end; start++)
        {
            if (typeof(T) == typeof(float) && Sse.IsSupported && form.Columns >= Block)
                Squares((float*)left, (float*)right, (float*)result, (float*)starts, group * Group);
            else
                Single(left, right, result, starts, group * Group);
            if (++group < groups)
                continue;
            group = 0;
            left += form.BatchStrideA;
            right += form.BatchStrideB;
            result += form.Columns;
            starts += form.BatchStrideBias;
        }
    }

    // Three squares abreast. The last one moves back to stay within the matrix, and repeats some sums.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Squares(float* left, float* right, float* result, float* starts, int column)
    {
        int inner = form.Inner, end = form.Columns - Block;
        int column1 = Math.Min(column + Block, end), column2 = Math.Min(column1 + Block, end);
        column = Math.Min(column, end);
        nint row = form.ColumnStrideB;
        float* right0 = right + (column * row);
        float* right1 = right + (column1 * row);
        float* right2 = right + (column2 * row);
        Vector128<float> sum0 = First(starts, column), sum1 = First(starts, column1), sum2 = First(starts, column2);
        Vector128<float> total0 = default, total1 = default, total2 = default;
        int k = 0;
        for (int limit = Math.Min(MatMulForm.BlockInner, inner) - Block; ; limit = Math.Min(limit + MatMulForm.BlockInner, inner - Block))
        {
            for (; k <= limit; k += Block)
            {
                sum0 = Square(left + k, right0 + k, row, sum0);
                sum1 = Square(left + k, right1 + k, row, sum1);
                sum2 = Square(left + k, right2 + k, row, sum2);
            }

            if (k > inner - Block)
                break;
            total0 += sum0;
            total1 += sum1;
            total2 += sum2;
            sum0 = sum1 = sum2 = default;
        }

        if (k < inner)
        {
            sum0 = Part(inner - k, left + k, right0 + k, row, sum0);
            sum1 = Part(inner - k, left + k, right1 + k, row, sum1);
            sum2 = Part(inner - k, left + k, right2 + k, row, sum2);
        }

        Rectified(sum0 + total0).Store(result + column);
        Rectified(sum1 + total1).Store(result + column1);
        Rectified(sum2 + total2).Store(result + column2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<float> Rectified(Vector128<float> sums)
        => form.Rectifies ? Vector128.ConditionalSelect(Vector128.LessThan(sums, default), default, sums) : sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<float> First(float* starts, int column)
        => form.Start == Start.Zero ? default : form.Start == Start.Scalar ? Vector128.Create(*starts) : Vector128.Load(starts + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Square(float* left, float* right, nint row, Vector128<float> sum)
    {
        Vector128<float> right0 = Vector128.Load(right), right1 = Vector128.Load(right + row);
        Vector128<float> right2 = Vector128.Load(right + (2 * row)), right3 = Vector128.Load(right + (3 * row));
        Transposition.Exchange(ref right0, ref right1, ref right2, ref right3);
        sum = Vector128.MultiplyAddEstimate(Vector128.Create(left[0]), right0, sum);
        sum = Vector128.MultiplyAddEstimate(Vector128.Create(left[1]), right1, sum);
        sum = Vector128.MultiplyAddEstimate(Vector128.Create(left[2]), right2, sum);
        return Vector128.MultiplyAddEstimate(Vector128.Create(left[3]), right3, sum);
    }

    // Fewer than four inner indices: what is loaded past them stays in registers of its own.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Part(int inner, float* left, float* right, nint row, Vector128<float> sum)
    {
        Vector128<float> right0 = Vector128.Load(right), right1 = Vector128.Load(right + row);
        Vector128<float> right2 = Vector128.Load(right + (2 * row)), right3 = Vector128.Load(right + (3 * row));
        Transposition.Exchange(ref right0, ref right1, ref right2, ref right3);
        sum = Vector128.MultiplyAddEstimate(Vector128.Create(left[0]), right0, sum);
        if (inner > 1)
            sum = Vector128.MultiplyAddEstimate(Vector128.Create(left[1]), right1, sum);
        return inner > 2 ? Vector128.MultiplyAddEstimate(Vector128.Create(left[2]), right2, sum) : sum;
    }

    private void Single(T* left, T* right, T* result, T* starts, int column)
    {
        int end = Math.Min(column + Group, form.Columns);
        for (right += column * form.ColumnStrideB; column < end; column++, right += form.ColumnStrideB)
        {
            T first = form.Start == Start.Zero ? T.Zero : form.Start == Start.Scalar ? *starts : starts[column];
            T sum = Sum(left, right, form.Inner, first);
            result[column] = form.Rectifies && sum < T.Zero ? T.Zero : sum;
        }
    }

    // Long sums by halves, and within a block four sums in turn: one would wait for each of its multiply-adds.
    private static T Sum(T* left, T* right, int count, T first)
    {
        if (count > 4 * MatMulForm.BlockInner)
        {
            int half = count / 2;
            return Sum(left, right, half, first) + Sum(left + half, right + half, count - half, T.Zero);
        }

        T second = T.Zero, third = T.Zero, fourth = T.Zero;
        int k = 0;
        if (count > MatMulForm.BlockInner)
        {
            for (; k < count - 3; k += 4)
            {
                first = T.MultiplyAddEstimate(left[k], right[k], first);
                second = T.MultiplyAddEstimate(left[k + 1], right[k + 1], second);
                third = T.MultiplyAddEstimate(left[k + 2], right[k + 2], third);
                fourth = T.MultiplyAddEstimate(left[k + 3], right[k + 3], fourth);
            }
        }

        for (; k < count; k++)
            first = T.MultiplyAddEstimate(left[k], right[k], first);
        return first + second + (third + fourth);
    }
}
