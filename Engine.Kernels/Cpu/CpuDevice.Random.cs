using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    // Random numbers worth another thread.
    private const int RandomGrain = 8192;

    /// <inheritdoc/>
    public override void Random<TDistribution>(
        ElementType type, TDistribution distribution, int rows, int columns, Buffer destination, Buffer keys)
    {
        if (rows == 0 || columns == 0)
            return;
        switch (type)
        {
            case ElementType.Float32: RandomOf<TDistribution, float>(distribution, rows, columns, destination, keys); break;
            case ElementType.Float64: RandomOf<TDistribution, double>(distribution, rows, columns, destination, keys); break;
            default: throw new ArgumentException($"Random: {type} is not supported, draw Float32 or Float64.");
        }
    }

    private unsafe void RandomOf<TDistribution, T>(
        TDistribution distribution, int rows, int columns, Buffer destination, Buffer keys)
        where TDistribution : struct, IDistribution
        where T : unmanaged, INumber<T>
    {
        T* to = destination.Write<T>().Pointer;
        RandomKey* from = (RandomKey*)keys.Read<int>().Pointer;
        int blocks = (int)((columns + 3L) / 4), grain = Math.Max(1, RandomGrain / columns);
        if (blocks >= RandomRows<TDistribution, T>.LeastBlocks)
            Launch(new RandomRows<TDistribution, T>(distribution, columns, blocks, to, from), rows, grain);
        else if (Vector512.IsHardwareAccelerated)
            LaunchPieces<TDistribution, Lanes512<T>, Uniforms512<T>, T>(distribution, rows, columns, blocks, to, from, grain);
        else if (Vector256.IsHardwareAccelerated)
            LaunchPieces<TDistribution, Lanes256<T>, Uniforms256<T>, T>(distribution, rows, columns, blocks, to, from, grain);
        else
            LaunchPieces<TDistribution, Lanes128<T>, Uniforms128<T>, T>(distribution, rows, columns, blocks, to, from, grain);
    }

    private unsafe void LaunchPieces<TDistribution, V, TUniforms, T>(
        TDistribution distribution, int rows, int columns, int blocks, T* to, RandomKey* keys, int grain)
        where TDistribution : struct, IDistribution
        where V : struct, ILanes<V, T>
        where TUniforms : struct, IUniforms<T>
        where T : unmanaged, INumber<T>
        => Launch(
            new RandomPieces<TDistribution, V, TUniforms, T>(distribution, columns, blocks, to, keys), rows, grain);

    /// <summary>
    /// Rows long enough for vectors of their own. Word w of block i is column w * blocks + i, so that stores are contiguous.
    /// </summary>
    private readonly unsafe struct RandomRows<TDistribution, T>(
        TDistribution distribution, int columns, int blocks, T* to, RandomKey* keys) : IKernel
        where TDistribution : struct, IDistribution
        where T : unmanaged, INumber<T>
    {
        /// <summary>The blocks of the shortest such row.</summary>
        public static int LeastBlocks => Vector128<T>.Count * 2;

        [SkipLocalsInit]
        public void Run(int start, int end)
        {
            T* room = stackalloc T[8 * Vector512<T>.Count];
            T* uniform = (T*)(((nint)room + 63) & ~63);
            for (int row = start; row < end; row++)
            {
                var key = keys[row];
                T* rowTo = to + ((long)row * columns);

                // What is left over by the widest vectors is done by narrower ones, unless they would be about as many operations.
                int done = 0;
                if (Vector512.IsHardwareAccelerated)
                    done = Draw<Lanes512<T>, Uniforms512<T>>(in key, rowTo, uniform, done, Vector512<T>.Count / 2);
                if (Vector256.IsHardwareAccelerated)
                    done = Draw<Lanes256<T>, Uniforms256<T>>(in key, rowTo, uniform, done, Vector256<T>.Count / 2);
                if (done < blocks)
                    Draw<Lanes128<T>, Uniforms128<T>>(in key, rowTo, uniform, done, 0);
            }
        }

        // Draws blocks as long as there is more than slack left. The last vector is moved back to end with the row: what it draws a
        // second time is the same as before. Not inlined, because the JIT gives up on more code than this in one method.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private int Draw<V, TUniforms>(in RandomKey key, T* rowTo, T* uniform, int done, int slack)
            where V : struct, ILanes<V, T>
            where TUniforms : struct, IUniforms<T>
        {
            if (blocks < V.Count)
                return done;
            while (blocks - done >= V.Count || blocks - done > slack)
            {
                int block = Math.Min(done, blocks - V.Count);
                TUniforms.Draw(in key, (uint)block, uniform, TDistribution.TakesDistances);
                V a = V.Load(uniform), b = V.Load(uniform + V.Count), c = V.Load(uniform + (2 * V.Count));
                V d = V.Load(uniform + (3 * V.Count));
                distribution.Invoke(ref a, ref b, ref c, ref d);
                V.Store(a, rowTo + block);
                V.Store(b, rowTo + blocks + block);
                V.Store(c, rowTo + (2 * blocks) + block);

                // Only the last of the four parts may be shorter, by up to three columns.
                int last = (3 * blocks) + block;
                if (last + V.Count <= columns)
                    V.Store(d, rowTo + last);
                else
                    V.StoreFirst(d, rowTo + last, columns - last);
                done = block + V.Count;
            }

            return done;
        }
    }

    /// <summary>Short rows, several of which share a vector.</summary>
    private readonly unsafe struct RandomPieces<TDistribution, V, TUniforms, T>(
        TDistribution distribution, int columns, int blocks, T* to, RandomKey* keys) : IKernel
        where TDistribution : struct, IDistribution
        where V : struct, ILanes<V, T>
        where TUniforms : struct, IUniforms<T>
        where T : unmanaged, INumber<T>
    {
        [SkipLocalsInit]
        public void Run(int start, int end)
        {
            KeyLanes lanes = default;
            T* drawn = stackalloc T[4 * V.Count];
            T** target = stackalloc T*[V.Count];
            int row = start, block = 0;
            while (row < end)
            {
                int count = 0;
                for (; count < V.Count && row < end; count++)
                {
                    lanes.Block[count] = (uint)block;
                    (lanes.Word0[count], lanes.Word1[count], lanes.Word2[count], lanes.Word3[count]) = keys[row];
                    target[count] = to + ((long)row * columns) + block;
                    if (++block == blocks)
                        (row, block) = (row + 1, 0);
                }

                TUniforms.DrawEach(&lanes, drawn, TDistribution.TakesDistances);
                V a = V.Load(drawn), b = V.Load(drawn + V.Count), c = V.Load(drawn + (2 * V.Count));
                V d = V.Load(drawn + (3 * V.Count));
                distribution.Invoke(ref a, ref b, ref c, ref d);
                V.Store(a, drawn);
                V.Store(b, drawn + V.Count);
                V.Store(c, drawn + (2 * V.Count));
                V.Store(d, drawn + (3 * V.Count));
                for (int i = 0; i < count; i++)
                {
                    int column = (int)lanes.Block[i];
                    for (int word = 0; word < 4 && column < columns; word++, column += blocks)
                        target[i][word * blocks] = drawn[(word * V.Count) + i];
                }
            }
        }
    }
}
