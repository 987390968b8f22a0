using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    internal override void DeriveKeys(int count, DeriveKeysBody body) => Launch(new DerivedKeys(body), count, KeyGrain);

    /// <summary>Keys side by side in the lanes of vectors; those left over one by one.</summary>
    private readonly unsafe struct DerivedKeys(DeriveKeysBody body) : IKernel
    {
        [SkipLocalsInit]
        public void Run(int start, int end)
        {
            int index = start, width = Vector256<uint>.Count;
            KeyLanes lanes;
            uint* words = stackalloc uint[4 * Vector256<uint>.Count];
            for (; Vector256.IsHardwareAccelerated && index + width <= end; index += width)
            {
                for (int lane = 0; lane < width; lane++)
                {
                    lanes.Block[lane] = body.NumberOf(index + lane);
                    (lanes.Word0[lane], lanes.Word1[lane], lanes.Word2[lane], lanes.Word3[lane]) = body.KeyOf(index + lane);
                }

                Vector256<uint> a = Vector256.Load(lanes.Block), b = Vector256.Create(body.Kind);
                Vector256<uint> c = Vector256.Load(lanes.Word2), d = Vector256.Load(lanes.Word3);
                Philox.Block(ref a, ref b, ref c, ref d, Vector256.Load(lanes.Word0), Vector256.Load(lanes.Word1));
                a.Store(words);
                b.Store(words + width);
                c.Store(words + (2 * width));
                d.Store(words + (3 * width));
                for (int lane = 0; lane < width; lane++)
                    body.Write(index + lane, words[lane], words[lane + width], words[lane + (2 * width)], words[lane + (3 * width)]);
            }

            for (; index < end; index++)
                body.Invoke(index);
        }
    }
}
